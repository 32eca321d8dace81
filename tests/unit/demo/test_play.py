"""The driver of the demo: what is published before which look of the clock, and the scenes on the way."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from connectors.demo.driver import play as module
from connectors.demo.driver.clock import GRACE
from connectors.demo.driver.play import KILL_AT, KILLED, Play, Stopped, _Player, names_of
from connectors.demo.driver.state import State
from connectors.demo.history import Line
from connectors.demo.ledger.evidence import PUBLISHED
from schemas.times import DAY, HOUR, MINUTE, SECOND, format_instant, parse_instant, start_of
from streams.clock.rules import Feed
from streams.settings import Settings

MIDNIGHT = start_of("2022-01-05")
MORNING = parse_instant("2022-01-05T08:00:00+08:00")


def line(recorded: int, kind: str = "goods.sold", **data: Any) -> Line:
    event = {"specversion": "1.0", "source": "/s", "id": str(recorded), "type": kind, "data": data}
    return Line(recorded, "scan-events", event)


class Producer:
    """Notes what is sent, and acknowledges it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, topic: str, value: bytes, **given: Any) -> Any:
        self.sent.append({"topic": topic, "value": value, **given})
        return asyncio.sleep(0)


class Clock:
    """Ticks when it is asked to; `holds`: the feed that it says holds it, by what time it is."""

    def __init__(self) -> None:
        self.did: list[Any] = []
        self.asked: list[tuple[int, dict[str, int]]] = []
        self.holds: dict[int, Feed] = {}
        self.waits_for = "intake has not passed {('registry', 0): 7}"
        self.barrier = SimpleNamespace(begin=self._begin, calm=self._calm)

    async def go(self, now: int, said: dict[str, int]) -> Feed | None:
        self.asked.append((now, dict(said)))
        return self.holds.get(now)

    async def _begin(self, now: int) -> None:
        self.did.append(("begin", now))

    async def _calm(self, *, routed: bool, within: float) -> None:
        self.did.append(("calm", routed))


class Stage:
    """One run of the driver with everything around it played."""

    def __init__(self, *lines: Line, step: int = MINUTE, kill: bool = False, slowly: bool = False) -> None:
        self.lines, self.step = lines, step
        self.producer, self.clock = Producer(), Clock()
        self.killed: list[str] = []
        run = SimpleNamespace(supervisor=SimpleNamespace(kill=lambda name: self.killed.append(name) or 4711))
        self.state = State(lines[0].recorded, lines[-1].recorded, len(lines))
        plan = Play(lines, step, (), slowly, kill)
        self.player = _Player(plan, run, self.state, self.producer, self.clock, Settings(prefix="d-"))
        self.pictures = 0

    async def play(self) -> Stage:
        await self.player.all(self._picture)
        return self

    def _picture(self) -> None:
        self.pictures += 1

    @property
    def events(self) -> list[str]:
        return [words for _, words in self.state.happened]


async def test_what_was_recorded_before_the_time_is_published_before_the_clock_looks():
    lines = [line(MORNING + offset) for offset in (0, 10 * SECOND, 2 * MINUTE)]
    stage = Stage(*lines)
    counts: list[int] = []
    go = stage.clock.go

    async def counting(now: int, said: dict[str, int]) -> Feed | None:
        counts.append(len(stage.producer.sent))
        return await go(now, said)

    stage.clock.go = counting
    await stage.play()
    assert [now for now, _ in stage.clock.asked] == [MORNING + n * MINUTE + GRACE * SECOND for n in (1, 2)]
    assert counts == [2, 3]
    assert stage.clock.did == [("begin", MORNING), ("calm", True)]
    assert (stage.state.published, stage.pictures) == (3, 2)


async def test_the_last_tick_comes_when_everything_is_published_and_no_later():
    for offset in (0, 1, GRACE * SECOND, MINUTE - 1):
        stage = await Stage(line(MORNING), line(MORNING + offset)).play()
        assert len(stage.producer.sent) == 2
        assert stage.clock.asked[-1][0] - (MORNING + offset) <= MINUTE + GRACE * SECOND


async def test_a_record_is_sent_as_an_upstream_would_and_says_when():
    stage = await Stage(line(MORNING, operator="A", lot="L")).play()
    (sent,) = stage.producer.sent
    assert (sent["topic"], sent["key"], sent["timestamp_ms"]) == ("d-scan-events", b"A", MORNING)
    assert orjson.loads(sent["value"])["data"] == {"operator": "A", "lot": "L"}
    assert {name for name, _ in sent["headers"]} == {"content-type", PUBLISHED}


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"operator": "A", "staff": "S"}, b"A"),
        ({"staff": "S"}, b"S"),
        ({"person": "P"}, b"P"),
        ({"feed": "zj"}, b"zj"),
        ({"lot": "L"}, None),
        ({"operator": 7}, None),
        ({"operator": ""}, None),
    ],
)
async def test_what_one_says_keeps_its_order_by_the_key(data, key):
    stage = await Stage(line(MORNING, **data)).play()
    assert stage.producer.sent[0]["key"] == key


async def test_what_a_feed_says_is_known_to_the_clock_when_it_looks_and_nonsense_is_not():
    said = line(MORNING, "feed.advanced", feed="zj", complete_until=format_instant(MORNING))
    nonsense = line(MORNING + 1, "feed.advanced", feed="zj", complete_until="soon")
    stage = await Stage(said, nonsense).play()
    assert stage.clock.asked == [(MORNING + MINUTE + GRACE * SECOND, {"zj": MORNING})]


async def test_while_a_feed_holds_the_clock_the_audience_is_told_once_and_once_when_it_goes_on(monkeypatch):
    monkeypatch.setattr(module, "READING", 0)
    stage = Stage(line(MORNING), line(MORNING + 4 * HOUR), step=HOUR, slowly=True)
    moments = [MORNING + n * HOUR + GRACE * SECOND for n in (1, 2, 3)]
    stage.clock.holds = dict.fromkeys(moments[:2], Feed("zj", MORNING))
    await stage.play()
    assert stage.events == [
        "feed zj stands still since 2022-01-05 08:00: the clock waits, no gap is told",
        "feed zj moves again after 3.0 h: the clock goes on",
    ]
    assert stage.state.held_by is None


async def test_a_feed_that_never_spoke_holds_since_the_beginning():
    stage = Stage(line(MORNING))
    stage.clock.holds = {MORNING + MINUTE + GRACE * SECOND: Feed("zj", None)}
    await stage.play()
    assert stage.events == ["feed zj stands still since the beginning: the clock waits, no gap is told"]
    assert stage.state.held_by == "zj"


@pytest.mark.parametrize("kill", [True, False])
async def test_on_the_fifth_day_at_ten_a_worker_is_killed_once(kill):
    stage = Stage(line(MIDNIGHT + HOUR), line(MIDNIGHT + 5 * DAY), step=HOUR, kill=kill)
    await stage.play()
    assert stage.killed == ([KILLED] if kill else [])
    if kill:
        ((at, words),) = stage.state.happened
        assert 0 <= at - (MIDNIGHT + KILL_AT) < HOUR
        assert words == f"{KILLED} (process 4711) killed with -9"


async def test_a_tick_that_does_not_get_through_ends_it_with_words(monkeypatch):
    monkeypatch.setattr(module, "WITHIN", 0.01)
    stage = Stage(line(MORNING))

    async def never(now: int, said: dict[str, int]) -> None:
        await asyncio.Event().wait()

    stage.clock.go = never
    with pytest.raises(Stopped, match=r"the tick of 2022-01-05 08:01 .* within 0 s; intake has not passed \{\('reg"):
        await stage.play()
    assert stage.state.waiting == ""


async def test_a_time_out_of_kafkas_own_is_not_taken_for_ours():
    stage = Stage(line(MORNING))

    async def breaks(now: int, said: dict[str, int]) -> None:
        raise TimeoutError("of the client")

    stage.clock.go = breaks
    with pytest.raises(TimeoutError, match="of the client"):
        await stage.play()


def test_phones_are_called_by_what_the_history_says_of_people():
    channels = [{"kind": "sms", "address": "138"}, {"kind": "wecom-robot", "address": "k"}]
    lines = [
        line(MORNING, "person.assigned", person="p1", name="王", role="owner", channels=channels),
        line(MORNING, "person.assigned", person="p2", name="李", role="duty-desk"),  # no channels: intake refuses it
        Line(MORNING, "registry", {"type": "person.assigned"}),
        line(MORNING, operator="A"),
    ]
    assert names_of(lines) == {"138": "店主 王 p1", "k": "店主 王 p1"}
