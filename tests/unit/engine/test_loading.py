"""State and log must fit together; where they do not, the process stops for good and says why."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.structs import TopicPartition
from structlog.testing import capture_logs

from streams.engine import ends
from streams.engine import loading as module
from streams.engine.loading import Loading, _Ends, _settle, load
from streams.engine.position import Position
from streams.settings import Settings
from tests.unit.engine.fakes import Left, Machine

SOURCE, STATE = TopicPartition("journal", 3), TopicPartition("journal-state", 3)


def loading(stored: Position | None = None, *, rows: int = 0) -> Loading:
    machine = Machine()
    for number in range(rows):
        machine.rows.load(b"c\x1fk%d" % number, b"1 -1 - [1]")
    return Loading(SOURCE, STATE, machine, stored)


async def settle(one: Loading, beginning: int, end: int, committed: int | None = None) -> Loading:
    async def group_offset(_: TopicPartition) -> int | None:
        return committed

    await _settle(one, _Ends({SOURCE: beginning}, {SOURCE: end}), group_offset)
    return one


@pytest.fixture
def words():
    async def stops(*given, **more) -> str:
        with pytest.raises(Left) as left, capture_logs() as said:
            await settle(*given, **more)
        assert left.value.code == ends.ALARM
        return said[-1]["why"]

    return stops


async def test_the_position_row_says_where_to_go_on():
    one = await settle(loading(Position(41, 7), rows=2), 10, 50, committed=99)
    assert (one.position, one.fresh) == (Position(41, 7), False)


async def test_where_nothing_ever_was_it_begins_at_the_beginning():
    one = await settle(loading(), 10, 50)
    assert (one.position, one.fresh) == (Position(10), True)


async def test_everything_applied_is_no_error():
    assert (await settle(loading(Position(50)), 10, 50)).position == Position(50)


async def test_a_position_beyond_the_end_means_another_log(words):
    assert "created anew or cut off" in await words(loading(Position(51)), 10, 50)


async def test_a_position_before_the_beginning_means_lost_records(words):
    assert "retention has deleted records" in await words(loading(Position(9)), 10, 50)


async def test_rows_without_a_position_row_mean_damage(words):
    assert "no position row" in await words(loading(rows=1), 10, 50)


async def test_a_group_that_has_read_without_any_state_means_that_state_is_gone(words):
    assert "its state is gone" in await words(loading(), 0, 50, committed=20)


async def test_a_load_whose_group_does_not_answer_says_so(monkeypatch):
    async def bounds(*_: object) -> _Ends:
        return _Ends({SOURCE: 0, STATE: 0}, {SOURCE: 40, STATE: 0})

    monkeypatch.setattr(module, "AT_LEAST", 0.01)
    monkeypatch.setattr(module, "_bounds", bounds)
    with pytest.raises(TimeoutError, match="the group's offsets were not told"):
        await load(Settings(), [loading()], lambda _: asyncio.Event().wait())
