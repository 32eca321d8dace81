"""The clock process on a broker of the test's own: which ticks it appends, what holds it, whom it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import orjson
import pytest
from aiokafka.errors import NodeNotReadyError, TopicAuthorizationFailedError

from schemas.times import MINUTE, SECOND, parse_instant
from streams import metrics
from streams.clock.process import LONGEST_SLEEP, Clock, Face
from streams.clock.rules import STANDS_AFTER, Ends, Holder, Offsets, Place
from streams.health import Health
from streams.machine import Sort
from streams.settings import Settings

AT = parse_instant("2022-01-12T08:03:00Z")


class FakeBroker:
    """Everything has passed; the time is what the test says."""

    def __init__(self, now: int) -> None:
        self.time = now
        self.ticks: list[int] = []
        self.told: list[dict[str, object]] = []
        self.failing: Exception | None = None
        self.stuck, self.asked = False, asyncio.Event()

    async def now(self) -> int:
        if self.failing is not None:
            raise self.failing
        return self.time

    async def ends(self, topics: Iterable[str]) -> Ends:
        return {(topic, 0): (0, int(self.stuck)) for topic in topics}

    async def append(self, topic: str, tick: int) -> Offsets:
        if topic == "operator-journal":
            self.ticks.append(tick)
        return {(topic, 0): 1}

    async def committed(self, places: Iterable[Place]) -> Offsets:
        self.asked.set()
        return {} if self.stuck else dict.fromkeys(places, 1)

    async def tell(self, value: bytes, sort: Sort) -> None:
        assert sort is Sort.FEED
        self.told.append(orjson.loads(value))


class FakeFeeds:
    def __init__(self, **until: int) -> None:
        self.until = until

    async def read(self) -> Mapping[str, int]:
        return self.until


def clock(broker: FakeBroker, feeds: FakeFeeds | None = None, *, holding: Iterable[str] = ()) -> Clock:
    return Clock(Settings(tick=60, grace=5), tuple(holding), broker, feeds or FakeFeeds(), Health())


async def test_a_tick_comes_when_the_brokers_time_is_past_it_by_the_grace():
    broker = FakeBroker(AT + 4 * SECOND)
    ticking = clock(broker)
    await ticking.look()
    assert broker.ticks == [AT - MINUTE]
    broker.time = AT + 5 * SECOND
    await ticking.look()
    await ticking.look()
    assert broker.ticks == [AT - MINUTE, AT]


async def test_after_a_long_absence_it_goes_straight_to_the_present():
    broker = FakeBroker(AT + 5 * SECOND)
    ticking = clock(broker)
    await ticking.look()
    broker.time += 90 * MINUTE
    await ticking.look()
    assert broker.ticks == [AT, AT + 90 * MINUTE]


async def test_it_sleeps_no_longer_than_until_the_next_tick():
    broker = FakeBroker(AT + 5 * SECOND - 400)
    assert 0 < await clock(broker).look() <= 0.4
    broker.time = AT + 10 * SECOND
    assert await clock(broker).look() == LONGEST_SLEEP


async def test_a_feed_that_stands_holds_the_ticks_and_lets_them_go_when_it_moves():
    broker, feeds = FakeBroker(AT + 5 * SECOND), FakeFeeds(zj=AT - 3 * MINUTE)
    ticking = clock(broker, feeds, holding=["zj"])
    await ticking.look()
    assert broker.ticks == [AT - 3 * MINUTE]
    assert metrics.CLOCK_HELD.labels(by="feed")._value.get() == 1
    feeds.until["zj"] = AT
    await ticking.look()
    assert broker.ticks == [AT - 3 * MINUTE, AT]
    assert metrics.CLOCK_HELD.labels(by="feed")._value.get() == 0


async def test_the_desk_is_told_once_that_a_feed_stands_still_and_once_that_it_moves_again():
    until = AT - STANDS_AFTER
    broker, feeds = FakeBroker(AT - 1), FakeFeeds(zj=until)
    ticking = clock(broker, feeds, holding=["zj"])
    await ticking.look()
    assert broker.told == []
    broker.time = AT
    await ticking.look()
    await ticking.look()
    assert broker.told == [{"feed": "zj", "complete_until": until, "since": until}]
    feeds.until["zj"] = AT - MINUTE  # still behind, as feeds always are a little, but not standing
    await ticking.look()
    assert broker.told[1:] == [{"feed": "zj", "complete_until": AT - MINUTE, "since": None}]


async def test_of_a_feed_that_never_spoke_the_desk_hears_since_when_it_holds():
    broker = FakeBroker(AT)
    ticking = clock(broker, holding=["zj"])
    await ticking.look()
    broker.time = AT + STANDS_AFTER
    await ticking.look()
    assert broker.ticks == []
    assert broker.told == [{"feed": "zj", "complete_until": None, "since": AT}]


async def test_a_broker_that_is_away_is_waited_for():
    broker = FakeBroker(AT + 5 * SECOND)
    broker.failing = NodeNotReadyError()
    ticking = clock(broker)
    await ticking.look()
    assert metrics.CLOCK_HELD.labels(by="broker")._value.get() == 1
    broker.failing = None
    await ticking.look()
    assert broker.ticks == [AT]


async def test_a_clock_that_may_not_ends():
    broker = FakeBroker(AT)
    broker.failing = TopicAuthorizationFailedError()
    with pytest.raises(TopicAuthorizationFailedError):
        await clock(broker).look()


async def test_it_ends_when_asked_although_a_flow_never_passes():
    broker, stop = FakeBroker(AT), asyncio.Event()
    broker.stuck = True
    running = asyncio.create_task(clock(broker).run(stop))
    await asyncio.wait_for(broker.asked.wait(), 30)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert broker.ticks == []


async def test_what_ends_its_looking_ends_it():
    broker = FakeBroker(AT)
    broker.failing = TopicAuthorizationFailedError()
    with pytest.raises(TopicAuthorizationFailedError):
        await asyncio.wait_for(clock(broker).run(asyncio.Event()), 30)


def test_it_shows_how_far_behind_it_is_and_for_how_long_it_has_been_held():
    seconds = [100.0]
    face = Face(lambda: seconds[0])
    face.saw(AT)
    face.last = AT - MINUTE
    face.held(Holder.INTAKE)
    seconds[0] += 7
    face.held(Holder.INTAKE)
    assert metrics.CLOCK_BEHIND.labels()._value.get() == 67
    assert metrics.CLOCK_HELD_FOR.labels()._value.get() == 7
    face.held(Holder.NONE)
    assert metrics.CLOCK_HELD_FOR.labels()._value.get() == 0
