"""How a history is cut for the workers: lines before their tick, in groups whose order of arrival can't matter."""

from __future__ import annotations

import json

from connectors.replay_kafka.batches import LARGEST, addressed, batches, grouped
from schemas.times import MINUTE, format_instant, parse_instant
from streams.context import Context
from streams.parameters import Rules
from streams.replay.pure import Line, PureEngine
from streams.settings import Settings

FIRST = parse_instant("2022-01-12T08:00:10Z")
CONTEXT = Context(settings=Settings(simulated=True), rules=Rules.load(), partitions={})


def line(at: int, kind: str = "goods.sold", name: str = "e", **data: object) -> Line:
    event = {"specversion": "1.0", "id": name, "source": "/s", "type": kind}
    event |= {"time": format_instant(at), "recordedtime": format_instant(at)}
    return Line(at, json.dumps(event | {"data": {"operator": "A", "lot": "L"} | data}).encode())


def test_a_line_recorded_at_a_tick_comes_after_it():
    at = FIRST // MINUTE * MINUTE + MINUTE
    lines = [line(FIRST, name="1", lot=None), line(at, name="2", lot=None), line(at + 3 * MINUTE, name="3")]
    found = list(batches(lines, tick=MINUTE, until=None, pure=PureEngine(CONTEXT)))
    ticks = [(batch.tick, [m.line.recorded for group in batch.groups for m in group]) for batch in found]
    before = [recorded for tick, group in ticks if tick is not None and tick <= at for recorded in group]
    assert before in ([FIRST], [])  # the tick may be left out if nothing can change with it
    assert all(recorded < tick for tick, group in ticks if tick is not None for recorded in group)
    assert [recorded for _, group in ticks for recorded in group] == [FIRST, at, at + 3 * MINUTE]


def test_lines_after_the_last_tick_make_a_batch_without_one():
    lines = [line(FIRST, name="1"), line(FIRST + 5, name="2")]
    (last,) = batches(lines, tick=MINUTE, until=FIRST + 5, pure=PureEngine(CONTEXT))
    assert last.tick is None
    assert len(last.groups[0]) == 2


def test_lines_later_than_until_are_not_sent():
    lines = [line(FIRST, name="1"), line(FIRST + 5, name="2")]
    (last,) = batches(lines, tick=MINUTE, until=FIRST + 4, pure=PureEngine(CONTEXT))
    assert [m.line.recorded for group in last.groups for m in group] == [FIRST]


def test_a_line_goes_to_the_topic_of_its_type_under_the_key_of_whom_it_names():
    sold = addressed(line(FIRST))
    assert (sold.topic, sold.key, sold.identity) == ("scan-events", b"A", ("/s", "e"))
    assert addressed(line(FIRST, "person.left", operator=None, person="P")).key == b"P"


def test_what_can_not_be_read_goes_to_the_registry_to_be_refused_there():
    for value in (b"{", b"[]", b'{"type": 3}', b'{"type": "no.such"}'):
        assert addressed(Line(FIRST, value)).topic == "registry"


def test_one_identity_by_two_ways_makes_two_groups_so_that_the_first_arrives_first():
    sold, voided = addressed(line(FIRST)), addressed(line(FIRST + 1, "day.declared"))
    assert grouped([sold, voided]) == ((sold,), (voided,))


def test_one_identity_by_the_same_way_stays_in_order_by_itself():
    messages = [addressed(line(FIRST)), addressed(line(FIRST + 1)), addressed(line(FIRST, name="other", operator="B"))]
    assert grouped(messages) == (tuple(messages),)


def test_a_void_by_another_way_than_what_it_may_end_goes_alone():
    """Between two ticks: what papers end and their void lets stand again begins only at the next tick."""
    papers = addressed(line(FIRST, "papers.added", name="p", lot="L"))
    void = addressed(line(FIRST + 1, "record.voided", name="v", source="/s", record="p"))
    after = addressed(line(FIRST + 2, "papers.added", name="q", lot="L"))
    other = addressed(line(FIRST + 3, name="o", operator="B"))
    assert grouped([papers, void, after, other]) == ((papers,), (void,), (after, other))


def test_a_line_that_no_topic_takes_is_left_out():
    assert grouped([addressed(Line(FIRST, b" " * (LARGEST + 1)))]) == ()
