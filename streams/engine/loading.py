"""Reads the state of partitions that were just taken up: rows into machines, positions checked against the log. What
does not fit together ends the process with 78 and says so: guessing a position loses records or tells alerts twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from streams import logs
from streams.engine import clients, ends
from streams.engine.position import KEY, NewerPosition, Position
from streams.machine import Machine
from streams.marks import high_watermarks
from streams.rows import NewerRow
from streams.settings import Settings

log = logs.get(__name__)
ROWS_A_SECOND = 20_000
"""What a load is given, a sixth of what it does; the deadline grows with the size."""
AT_LEAST = 30.0
"""Longer than the transaction time-out: an open transaction of a former owner may have to end first."""


@dataclass
class Loading:
    """One partition that is being loaded."""

    source: TopicPartition  # with prefix
    state: TopicPartition  # with prefix
    machine: Machine
    stored: Position | None = None  # the position row, if one was found
    position: Position = field(default_factory=lambda: Position(0))  # where to go on, once it is settled
    fresh: bool = False  # nothing was there: the first owner ever
    read: int = 0  # the state up to this offset


@dataclass(frozen=True)
class _Ends:
    beginning: Mapping[TopicPartition, int]
    end: Mapping[TopicPartition, int]


async def load(
    settings: Settings, loadings: list[Loading], committed: Callable[[TopicPartition], Awaitable[int | None]]
) -> None:
    """Fill machines and positions. The state partitions have no other writer any more. TimeoutError, which says what is
    missing; KafkaError.
    """
    if not loadings:
        return
    bounds = await _bounds(settings, [tp for one in loadings for tp in (one.source, one.state)])
    size = sum(bounds.end[one.state] - bounds.beginning[one.state] for one in loadings)
    to_read = [one for one in loadings if bounds.end[one.state] > bounds.beginning[one.state]]
    try:
        async with asyncio.timeout(AT_LEAST + size / ROWS_A_SECOND):
            await _read(settings, to_read, bounds)
            # together: aiokafka answers such questions in rounds of a tenth of a second
            await asyncio.gather(*(_settle(one, bounds, committed) for one in loadings))
    except TimeoutError:
        raise TimeoutError(await _missing(settings, to_read, bounds)) from None
    log.info("state loaded", partitions=len(loadings), rows=sum(len(one.machine.rows) for one in loadings), read=size)


async def _missing(settings: Settings, loadings: list[Loading], bounds: _Ends) -> str:
    """What a load waits for. Where nothing is stable before the end, a transaction there is open for its broker."""
    unread = [one for one in loadings if one.read < bounds.end[one.state]]
    if not unread:
        return "all rows were read; the group's offsets were not told"
    stable = (await _bounds(settings, [one.state for one in unread], committed=True)).end
    return "; ".join(
        f"{_name(one.state)} was read up to {one.read} of {bounds.end[one.state]}, stable up to {stable[one.state]}"
        for one in unread
    )


async def _bounds(settings: Settings, tps: list[TopicPartition], *, committed: bool = False) -> _Ends:
    """Beginnings and high watermarks, which a load has to reach: the read-committed end (`committed`) could lie before
    what its own writer committed last.
    """
    consumer = clients.state_reader(settings, committed=committed)
    async with asyncio.timeout(AT_LEAST):
        await consumer.start()
        try:
            return _Ends(await consumer.beginning_offsets(tps), await high_watermarks(settings, consumer, tps))
        finally:
            await consumer.stop()


async def _read(settings: Settings, loadings: list[Loading], bounds: _Ends) -> None:
    if not loadings:
        return
    unread = {one.state: one for one in loadings}
    consumer = clients.state_reader(settings, committed=True)
    await consumer.start()
    try:
        consumer.assign(list(unread))
        for tp in unread:
            consumer.seek(tp, bounds.beginning[tp])
        while unread:
            await _read_some(consumer, unread)
            for tp in list(unread):
                # the position moves over markers and aborted records too; records alone would never reach the end
                unread[tp].read = await consumer.position(tp)
                if unread[tp].read >= bounds.end[tp]:
                    del unread[tp]
                    consumer.pause(tp)
    finally:
        await consumer.stop()


async def _read_some(consumer: AIOKafkaConsumer, unread: Mapping[TopicPartition, Loading]) -> None:
    for tp, records in (await consumer.getmany(timeout_ms=200, max_records=2000)).items():
        one = unread.get(tp)
        if one is None:
            continue
        try:
            for record in records:
                if record.key == KEY:
                    one.stored = Position.decode(record.value)
                else:
                    one.machine.rows.load(record.key, record.value)
        except (NewerRow, NewerPosition) as error:
            ends.alarm(f"state was written by a newer version of this program: {error}", state=_name(tp))


async def _settle(one: Loading, bounds: _Ends, committed: Callable[[TopicPartition], Awaitable[int | None]]) -> None:
    beginning, end = bounds.beginning[one.source], bounds.end[one.source]
    if one.stored is not None:
        one.position = one.stored
    else:
        if len(one.machine.rows):
            ends.alarm("there are rows but no position row: the state topic was damaged", state=_name(one.state))
        offset = await committed(one.source)
        if offset is not None:
            ends.alarm(
                "the group has read this partition but its state is gone; if it is to be built anew, delete the group",
                topic=_name(one.source), committed=offset, state=_name(one.state),
            )  # fmt: skip
        one.position, one.fresh = Position(beginning), True
    if one.position.next > end:
        ends.alarm(
            "the log ends before the place up to which it was applied: it was created anew or cut off",
            topic=_name(one.source), next=one.position.next, end=end,
        )  # fmt: skip
    if one.position.next < beginning:
        ends.alarm(
            "retention has deleted records that were not yet applied",
            topic=_name(one.source), next=one.position.next, beginning=beginning,
        )  # fmt: skip


def _name(tp: TopicPartition) -> str:
    return f"{tp.topic}/{tp.partition}"
