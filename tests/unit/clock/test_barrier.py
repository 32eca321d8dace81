"""What drives the plan: it waits, asks again while a broker is away, gives up when told, and says what it waits for."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, NodeNotReadyError, TopicAuthorizationFailedError

from streams.clock.barrier import Barrier, Stuck, is_away
from streams.clock.rules import Ends, Holder, Offsets, Place


class FakePort:
    """One partition a topic. A flow passes when it is asked for the `late`-th time."""

    def __init__(self, *, late: int = 1, failing: Iterable[KafkaError] = ()) -> None:
        self.late = late
        self.failing = list(failing)
        self.appended: list[tuple[str, int]] = []
        self._asked: dict[Place, int] = {}

    async def ends(self, topics: Iterable[str]) -> Ends:
        if self.failing:
            raise self.failing.pop()
        return {(topic, 0): (0, 3) for topic in topics}

    async def append(self, topic: str, tick: int) -> Offsets:
        self.appended.append((topic, tick))
        return {(topic, 0): 4}

    async def committed(self, places: Iterable[Place]) -> Offsets:
        found = {}
        for place in places:
            self._asked[place] = self._asked.get(place, 0) + 1
            if self._asked[place] >= self.late:
                found[place] = 4
        return found


async def test_a_tick_is_through_when_every_flow_has_passed_it():
    port = FakePort(late=5)
    await Barrier(port).advance(60_000, routed=True, within=30)
    assert port.appended == [("staff-journal", 60_000), ("operator-journal", 60_000), ("notice-journal", 60_000)]


async def test_a_tick_that_does_not_get_through_in_time_says_who_has_not_passed_what():
    with pytest.raises(Stuck, match=r"tick 1970-01-01T00:01:00.000Z: intake has not passed .*registry"):
        await Barrier(FakePort(late=10**9)).advance(60_000, within=0.05)


async def test_while_a_broker_is_away_it_waits_and_says_so():
    held: list[Holder] = []
    port = FakePort(failing=[NodeNotReadyError()])
    await Barrier(port, held.append).advance(60_000, within=30)
    assert Holder.BROKER in held
    assert held[-1] is Holder.NONE
    assert len(port.appended) == 3


async def test_what_does_not_go_away_by_itself_ends_it():
    with pytest.raises(TopicAuthorizationFailedError):
        await Barrier(FakePort(failing=[TopicAuthorizationFailedError()])).advance(60_000)


async def test_it_says_whom_it_waits_for_in_the_order_of_the_stages():
    held: list[Holder] = []
    await Barrier(FakePort(), held.append).advance(60_000, routed=True)
    assert list(dict.fromkeys(held)) == [
        Holder.INTAKE,
        Holder.OPERATORS,
        Holder.STAFF,
        Holder.ROUTING,
        Holder.NONE,
    ]


async def test_all_is_calm_when_every_stage_has_passed_what_was_sent_and_no_tick_is_appended():
    port, held = FakePort(late=3), list[Holder]()
    await Barrier(port, held.append).calm(routed=True, within=30)
    assert port.appended == []
    assert list(dict.fromkeys(held)) == [
        Holder.INTAKE,
        Holder.OPERATORS,
        Holder.STAFF,
        Holder.ROUTING,
        Holder.NONE,
    ]


async def test_what_now_is_before_the_first_tick_is_appended_to_every_journal_and_not_waited_for():
    port = FakePort(late=10**9)
    await Barrier(port).begin(59_999)
    assert port.appended == [("staff-journal", 59_999), ("operator-journal", 59_999), ("notice-journal", 59_999)]


async def test_who_is_told_what_is_waited_for_may_end_the_waiting():
    def gives_up(_: Holder) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await Barrier(FakePort(late=10**9), gives_up).advance(60_000)


def test_timeouts_and_retriable_errors_are_a_broker_that_is_away():
    assert is_away(KafkaTimeoutError())
    assert is_away(TimeoutError())
    assert is_away(NodeNotReadyError())
    assert not is_away(TopicAuthorizationFailedError())
    assert not is_away(ValueError())
