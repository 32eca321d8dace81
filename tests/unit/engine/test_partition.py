"""One owned partition: what is applied, what is written together, and what happens when something is missing."""

from __future__ import annotations

import asyncio
import time

import pytest

from streams.engine import ends
from streams.engine import partition as module
from streams.engine.flow import Flow
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.machine import Entry, Output, Ticking
from tests.unit.engine.fakes import Left, Machine, Memory, Seen, batch, partition, record, tick


async def durable(part: Partition, offset: int) -> None:
    async with asyncio.timeout(30):
        while part.durable < offset:
            await asyncio.sleep(0.005)


async def applied(part: Partition, position: Position) -> None:
    async with asyncio.timeout(30):
        while part.position != position:
            await asyncio.sleep(0)


async def test_outputs_changed_rows_and_position_are_one_unit():
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine)
    part.accept(batch(0, record(0, "a"), record(1, "b"), record(2, "a")))
    part.start()
    await durable(part, 3)
    (unit,) = port.units
    assert [output.key for output in unit.outputs] == [b"a", b"b", b"a"]
    assert [key for key, _ in unit.rows] == [b"c\x1fa", b"c\x1fb"]
    assert unit.position == Position(3)


async def test_a_unit_is_written_while_the_next_one_is_applied():
    port, seen = Memory(), Seen()
    part = partition(port=port, observer=seen)
    part.start()
    port.gate.clear()
    part.accept(batch(0, record(0)))
    await port.asked.wait()
    part.accept(batch(1, record(1), record(2)))
    await applied(part, Position(3))
    assert seen.applied_offsets == [0, 1, 2]
    assert part.durable == 0
    port.gate.set()
    await durable(part, 3)
    assert [unit.position.next for unit in port.units] == [1, 3]


async def test_a_batch_that_is_not_the_next_one_ends_the_process():
    part = partition()
    part.accept(batch(0, record(0)))
    with pytest.raises(Left) as left:
        part.accept(batch(2, record(2)))
    assert left.value.code == ends.FAILED


async def test_a_batch_without_records_moves_the_position():
    port, seen = Memory(), Seen()
    part = partition(port=port, observer=seen)
    part.start()
    part.accept(batch(0, end=7))
    await durable(part, 7)
    assert seen.durable_at[-1] == 7


async def test_where_only_the_position_moves_its_row_follows_within_a_second(monkeypatch):
    monkeypatch.setattr(module, "SAVE_EVERY", 0.1)
    port = Memory()
    part = partition(port=port)
    part.start()
    began = time.monotonic()
    for offset in range(20):
        part.accept(batch(offset, end=offset + 1))
        await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        while not port.units or port.units[-1].position.next < 20:
            await asyncio.sleep(0.01)
    assert len(port.units) <= (time.monotonic() - began) / 0.1 + 1


async def test_an_entry_that_breaks_a_rule_is_set_aside_and_leaves_no_trace():
    port, machine, seen = Memory(), Machine(), Seen()
    part = partition(port=port, machine=machine, observer=seen)
    part.accept(batch(0, record(0, "a"), record(1, "a", b"boom"), record(2, "a")))
    part.start()
    await durable(part, 3)
    assert machine.count("a") == 2
    assert [(o.topic, o.value) for o in port.outputs] == [("out", b"v"), ("dead-letters", b"boom"), ("out", b"v")]
    assert seen.broken == [1]


async def test_a_tick_is_written_in_units_and_is_under_way_until_the_last_one(monkeypatch):
    monkeypatch.setattr(module, "UNIT_OF_TICK", 20)
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine)
    part.start()
    part.accept(batch(0, *(record(n, f"k{n:02}") for n in range(50)), tick(50, 900), record(51, "after")))
    await durable(part, 52)
    *during, last = [unit for unit in port.units if any(output.topic == "said" for output in unit.outputs)]
    assert len(during) >= 4
    assert {unit.position for unit in during} == {Position(51, ticking=(900, 50, 0))}
    assert {unit.position.done for unit in during} == {50}
    assert last.position == Position(51, 900)
    assert port.units[-1].position == Position(52, 900)
    said = [output.key for output in port.outputs if output.topic == "said"]
    assert said == sorted(said)
    assert len(said) == 50


async def test_within_a_tick_nothing_else_is_applied(monkeypatch):
    monkeypatch.setattr(module, "UNIT_OF_TICK", 2)
    port = Memory()
    part = partition(port=port)
    part.start()
    part.accept(batch(0, *(record(n, f"k{n}") for n in range(9)), tick(9, 5), record(10, "late")))
    part.accept(batch(11, record(11, "later")))
    await durable(part, 12)
    topics = [output.topic for output in port.outputs]
    assert topics == ["out"] * 9 + ["said"] * 9 + ["out"] * 2


class Lane(Ticking):
    """A tick of the fake machine that is overtaken by all but `waits`."""

    def __init__(self, slices):
        self.slices = slices

    def __next__(self):
        return next(self.slices)

    def ahead(self, entry):
        return None if entry.key == b"waits" else [Output("ahead", entry.key, None)]


class Overtaken(Machine):
    def tick(self, tick, entry):
        return Lane(super().tick(tick, entry))


async def test_what_comes_behind_a_tick_may_overtake_it_and_the_log_is_done_only_up_to_the_tick(monkeypatch):
    monkeypatch.setattr(module, "UNIT_OF_TICK", 2)
    port = Memory()
    part = partition(port=port, machine=Overtaken())
    part.start()
    keys = [record(n, f"k{n}") for n in range(9)]
    part.accept(batch(0, *keys, tick(9, 5), record(10, "first"), record(11, "waits"), record(12, "last")))
    await durable(part, 13)
    topics = [output.topic for output in port.outputs]
    assert topics.index("ahead") < topics.index("said"), "it overtook"
    waits = [output.key for output in port.outputs].index(b"waits")
    assert topics[waits:] == ["out", "out"], "and this one, with what is behind it, came after the whole tick"
    early = [unit.position for unit in port.units if unit.position.ticking is not None]
    assert early
    assert {(position.next, position.done) for position in early} == {(11, 9)}
    assert port.units[-1].position == Position(13, 5)


async def test_a_second_tick_waits_for_the_first():
    port = Memory()
    part = partition(port=port, machine=Overtaken())
    part.start()
    part.accept(batch(0, record(0, "k"), tick(1, 5), record(2, "between"), tick(3, 6)))
    await durable(part, 4)
    assert [output.value for output in port.outputs if output.topic == "said"] == [b"5", b"5", b"6", b"6"]
    assert port.units[-1].position == Position(4, 6)


async def test_a_tick_that_is_not_greater_than_the_last_is_passed_over():
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine, position=Position(0, 900))
    part.start()
    part.accept(batch(0, record(0), tick(1, 900), tick(2, 899), tick(3, 901)))
    await durable(part, 4)
    assert [output.value for output in port.outputs if output.topic == "said"] == [b"901"]


async def test_on_a_public_topic_nobody_can_send_a_tick():
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine, topic="scan-events")
    part.start()
    part.accept(batch(0, tick(0, 900)))
    await durable(part, 1)
    assert [output.topic for output in port.outputs] == ["out"]


async def test_what_broke_in_writing_ends_the_process():
    port = Memory(error=RuntimeError("fenced"))
    part = partition(port=port)
    part.start()
    part.accept(batch(0, record(0)))
    with pytest.raises(Left) as left:
        await part._tasks[0]
    assert left.value.code == ends.FAILED


async def test_the_agent_waits_while_too_much_is_not_yet_durable(monkeypatch):
    monkeypatch.setattr(module, "BACKLOG", 10)
    port = Memory()
    part = partition(port=port)
    port.gate.clear()
    part.start()
    part.accept(batch(0, *(record(n) for n in range(12))))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await part.room()
    port.gate.set()
    async with asyncio.timeout(30):
        await part.room()


async def test_a_write_from_outside_resolves_when_it_is_durable():
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine)
    part.start()
    port.gate.clear()

    def change():
        machine.apply(Entry("journal", 0, 0, 0, b"x", b"v"))
        return [Output("receipts", b"n", b"sent")]

    done = part.write(change)
    await port.asked.wait()
    assert not done.done()
    port.gate.set()
    await asyncio.wait_for(done, 5)
    assert machine.count("x") == 1
    assert [output.topic for output in port.outputs] == ["receipts"]
    assert port.units[-1].position == Position(0)


async def test_a_write_that_raises_changes_nothing_and_tells_its_caller():
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine)
    part.start()

    def change():
        machine.apply(Entry("journal", 0, 0, 0, b"x", b"v"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await part.write(change)
    assert machine.count("x") is None
    await asyncio.wait_for(part.write(lambda: None), 5)
    assert not port.outputs


async def test_losing_the_partition_cancels_its_task_and_its_writes():
    port, machine = Memory(), Machine()
    cancelled = asyncio.Event()

    async def task(owned: Partition) -> None:
        try:
            while True:
                await owned.write(lambda: [Output("receipts", b"n", b"x")])
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    flow = Flow("wecom", {"journal": "journal-state"}, lambda *_: machine, task=task)
    part = partition(port=port, machine=machine, flow=flow)
    part.start()
    await asyncio.sleep(0.05)
    await part.drain()
    assert cancelled.is_set()
    written = len(port.outputs)
    assert part.write(lambda: [Output("receipts", b"n", b"x")]).cancelled()
    await asyncio.sleep(0.03)
    assert len(port.outputs) == written


async def test_a_task_that_at_its_end_waits_for_a_write_that_never_came_about_holds_nobody_up():
    port, machine, writes = Memory(), Machine(), []

    async def task(owned: Partition) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.wait(writes)

    part = partition(port=port, machine=machine, flow=Flow("sms", {"journal": "s"}, lambda *_: machine, task=task))
    port.gate.clear()
    part.start()
    part.accept(batch(0, record(0), tick(1, 7)))
    await port.asked.wait()
    part.accept(batch(2, record(2), tick(3, 8), record(4), tick(5, 9)))
    await applied(part, Position(6, 8, ticking=(9, 5, 0)))  # a unit is sealed, the tick waits, and what comes now, too
    writes.append(part.write(lambda: [Output("receipts", b"n", b"x")]))
    await asyncio.sleep(0.01)
    assert not writes[0].done()
    draining = asyncio.create_task(part.drain())
    await asyncio.wait(writes, timeout=5)
    assert writes[0].cancelled()
    port.gate.set()
    await asyncio.wait_for(draining, 5)


async def test_a_task_that_breaks_ends_the_process():
    async def task(owned: Partition) -> None:
        raise RuntimeError("the provider's answer can't be read")

    flow = Flow("wecom", {"journal": "journal-state"}, lambda *_: Machine(), task=task)
    part = partition(flow=flow)
    part.start()
    with pytest.raises(Left):
        await part._tasks[1]


async def test_draining_writes_what_was_applied_and_finishes_what_is_being_written():
    port, machine = Memory(), Machine()
    part = partition(port=port, machine=machine, linger=10.0)
    part.start()
    port.gate.clear()
    part.accept(batch(0, record(0)))
    await port.asked.wait()
    part.accept(batch(1, record(1)))
    draining = asyncio.create_task(part.drain())
    await asyncio.sleep(0.02)
    assert not draining.done()
    port.gate.set()
    await asyncio.wait_for(draining, 5)
    assert port.units[-1].position == Position(2)
    assert part.durable == 2


async def test_draining_in_the_middle_of_a_tick_leaves_it_under_way_and_the_next_owner_goes_on_with_it(monkeypatch):
    monkeypatch.setattr(module, "UNIT_OF_TICK", 4)
    port = Memory()
    part = partition(port=port)
    port.gate.clear()
    part.start()
    part.accept(batch(0, *(record(n, f"k{n}") for n in range(30)), tick(30, 7)))
    await port.asked.wait()
    draining = asyncio.create_task(part.drain())
    await asyncio.sleep(0.02)
    port.gate.set()
    await draining
    left = port.units[-1].position
    assert (left, part.durable) == (Position(31, ticking=(7, 30, 0)), 30)
    assert 0 < sum(output.topic == "said" for output in port.outputs) < 30
    new = partition(port=port, machine=Machine(), position=left)
    new.start()
    await durable(new, 31)
    assert port.units[-1].position == Position(31, 7)
