"""The truth that the generator plants and what the rules say of its history are the same, for several seeds."""

from __future__ import annotations

import orjson
import pytest

from connectors.demo.generator import generate
from connectors.demo.ledger.episodes import Told, gather, judge
from schemas.alerts import Kind
from schemas.times import MINUTE
from streams.context import Context
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine, moments
from streams.settings import Settings


def said(fortnight, tick: int) -> Told:
    """What the pure engine says of a history; feeds hold nothing there."""
    pure = PureEngine(Context(settings=Settings(simulated=True), rules=Rules.load(None), partitions={}))
    lines = [Line(line.recorded, line.written()) for line in fortnight.lines]
    pure.begin(lines[0].recorded)
    messages = []
    for moment in moments(iter(lines), tick, None, pure.next_due):
        outputs = pure.record(moment.line) if moment.line is not None else pure.tick(moment.tick or 0)
        messages += [(orjson.loads(output.value or b""), 0) for output in outputs]
    return gather(messages)


@pytest.mark.parametrize(
    ("seed", "operators", "step"), [(330111, 251, 60), (1, 60, 1), (2, 60, 10), (3, 45, 60), (4, 120, 20)]
)
def test_the_alerts_of_the_history_are_the_truth_no_more_and_no_fewer(seed, operators, step):
    fortnight = generate(seed, operators, standstill=False)
    told = said(fortnight, step * MINUTE)
    judgement = judge(told.episodes, fortnight.truth)
    assert (judgement.missed, judgement.false, judgement.unended, told.repeated) == ([], [], [], [])
    for planted, episode in judgement.pairs:
        assert 0 <= episode.began - planted.begins < step * MINUTE, planted
        assert planted.ends is None or 0 <= (episode.ended or 0) - planted.ends < step * MINUTE, planted


def test_without_the_hold_the_standstill_of_the_feed_would_have_made_false_gaps():
    fortnight = generate(operators=120)
    judgement = judge(said(fortnight, 60 * MINUTE).episodes, fortnight.truth)
    assert judgement.missed == []
    assert {episode.name[0] for episode in judgement.false} >= {Kind.DISINFECTION_MISSING}
    assert len(judgement.false) > 3
