"""The demo's clock: the real clock's code in a time that the driver sets; it waits for what feeds have said."""

from __future__ import annotations

import asyncio

import pytest

from connectors.demo.driver.clock import GRACE, DemoClock
from schemas.times import MINUTE, SECOND, parse_instant
from streams.settings import Settings

AT = parse_instant("2022-01-15T08:00:00+08:00")


class Port:
    """Kafka without Kafka: notes the ticks."""

    def __init__(self) -> None:
        self.time = 0
        self.ticks: list[int] = []
        self.told: list[bytes] = []

    async def now(self) -> int:
        return self.time

    async def ends(self, topics):
        return {}

    async def committed(self, places):
        return {}

    async def append(self, topic, tick):
        if topic == "operator-journal":
            self.ticks.append(tick)
        return {}

    async def tell(self, value, sort):
        self.told.append(value)


class Feeds:
    """Says what it is given, one answer after the other; the last one for ever."""

    def __init__(self, *answers: dict[str, int]) -> None:
        self.answers = list(answers)
        self.until: dict[str, int] = {}

    async def read(self) -> dict[str, int]:
        self.until = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return self.until


def clock(port: Port, *answers: dict[str, int], holding=("zj",)) -> DemoClock:
    return DemoClock(Settings(tick=600, grace=GRACE, simulated=True), holding, port, Feeds(*answers))


NOW = AT + GRACE * SECOND


async def test_a_tick_goes_through_when_the_feed_is_complete():
    port = Port()
    assert await clock(port, {"zj": AT}).go(NOW, {"zj": AT}) is None
    assert port.ticks == [AT]


async def test_it_waits_until_what_was_published_of_a_feed_has_come_through():
    port = Port()
    held = await clock(port, {}, {"zj": AT - 10 * MINUTE}, {"zj": AT}).go(NOW, {"zj": AT})
    assert held is None
    assert port.ticks == [AT]


async def test_it_says_what_it_waits_for():
    unheard = clock(Port(), {})
    await cut_off(unheard, {"zj": AT})
    assert unheard.waits_for == f"what feeds said has not come through: {{'zj': {AT}}}"

    port = Port()
    port.ends = lambda topics: asyncio.sleep(0, {(topic, 0): (0, 3) for topic in topics})
    unpassed = clock(port, {"zj": AT})
    assert unpassed.waits_for == ""
    await cut_off(unpassed, {"zj": AT})
    assert unpassed.waits_for.startswith("tick 2022-01-15T00:00:00.000Z: intake has not passed {('registry', 0): 3")


async def cut_off(demo: DemoClock, said: dict[str, int]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await demo.go(NOW, said)


async def test_a_feed_that_stands_still_holds_it_and_is_named():
    port = Port()
    demo = clock(port, {"zj": AT - 20 * MINUTE})
    held = await demo.go(NOW, {"zj": AT - 20 * MINUTE})
    assert held is not None
    assert (held.name, held.complete_until) == ("zj", AT - 20 * MINUTE)
    assert port.ticks == [AT - 20 * MINUTE]
    await demo.go(NOW + 10 * MINUTE, {"zj": AT - 20 * MINUTE})
    assert port.ticks == [AT - 20 * MINUTE]


@pytest.mark.parametrize("holding", [(), ("other",)])
async def test_other_feeds_hold_nothing_by_what_this_one_says(holding):
    port = Port()
    await clock(port, {"other": AT + MINUTE}, holding=holding).go(NOW, {"zj": AT})
    assert port.ticks == [AT]
