"""The consumer's thread: fetches batches with their start and end, seeks, commits the group's offsets. Knows aiokafka's
inner parts; nothing here decides what a batch means.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, NoOffsetForPartitionError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from streams.engine import clients, ends
from streams.engine.batch import Batch, Chain

T = TypeVar("T")
FAUST = logging.getLogger("faust.engine")
"""What Faust says through our subclasses is Faust's, and heard from warnings on."""
PAUSE = 0.05
"""Seconds between two looks while there is no assignment of ours to fetch for."""


class FetchThread(AIOKafkaConsumerThread):
    """Faust's consumer thread with the fetch replaced."""

    logger = FAUST
    _chain: Chain | None = None

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        # H2: Faust fixes fetch_max_wait_ms at 1500 and reads uncommitted records
        engine = self.app.engine
        return clients.group_consumer(engine.settings, engine.group)

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the consumer's event loop. In Faust's method queue a fetch could hold up a commit."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.thread_loop))

    async def getmany(self, active_partitions: Any, timeout: float) -> dict[TopicPartition, Batch]:  # noqa: ASYNC109
        """Batches of all partitions that moved, at most `max_poll_records` records in all; {} after `timeout` s."""
        return await self.call(self._fetch(timeout))

    async def _fetch(self, within: float) -> dict[TopicPartition, Batch]:
        consumer, chain = self._ensure_consumer(), self._chain
        fetcher, subscriptions = consumer._fetcher, consumer._subscription
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        if chain is None or subscriptions.reassignment_in_progress or not self._is_current(chain):
            await asyncio.sleep(PAUSE)  # between assignment and our own seek there is nothing that may be read
            return {}
        arrived = fetcher._create_fetch_waiter()  # before looking, or what arrives in between wakes nobody
        try:
            with subscriptions.fetch_context():
                try:
                    records = await fetcher.fetched_records((), timeout=0, max_records=consumer._max_poll_records)
                except NoOffsetForPartitionError:
                    return {}  # aiokafka looked for a position before our seek gave it one
                # from here to the return no await: records and positions are of one moment
                if self._chain is not chain or not self._is_current(chain):
                    return {}
                moved = self._moved(chain, records)
                if not moved:
                    await asyncio.wait([arrived], timeout=within)
            return moved
        finally:
            if arrived.done():
                arrived.result()  # what ends the group membership (no right to read, say) is told here
            else:
                arrived.cancel()

    def _moved(self, chain: Chain, records: Mapping[TopicPartition, list[Any]]) -> dict[TopicPartition, Batch]:
        # aiokafka moves a position over markers, aborted records and compaction gaps without a record, so what counts
        # is where the position is, not what was returned
        moved: dict[TopicPartition, Batch] = {}
        for tp, start in chain.delivered.items():
            state = chain.assignment.state_value(tp)  # type: ignore[attr-defined]
            if state.has_valid_position and state.position != start:
                moved[tp] = Batch(tp, chain, start, state.position, records.get(tp, ()))
        for tp, batch in moved.items():
            chain.delivered[tp] = batch.end
        return moved

    def _is_current(self, chain: Chain) -> bool:
        subscription = self._ensure_consumer()._subscription.subscription
        return subscription is not None and subscription.assignment is chain.assignment

    async def take_up(self, positions: Mapping[TopicPartition, int]) -> Chain:
        """Seek every partition and begin a new chain. IllegalStateError if these are not what is assigned now."""
        return await self.call(self._take_up(positions))

    async def _take_up(self, positions: Mapping[TopicPartition, int]) -> Chain:
        consumer = self._ensure_consumer()
        subscription = consumer._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if (
            assignment is None
            or set(assignment.tps) != set(positions)
            or consumer._subscription.reassignment_in_progress
        ):
            raise IllegalStateError("the assignment changed while state was loaded")
        for tp, offset in positions.items():  # H3: each explicitly, and without an await between them
            consumer.seek(tp, offset)
        self._chain = Chain(assignment, dict(positions))
        return self._chain

    def drop(self) -> None:
        """From here on nothing is fetched until the next `take_up`. From any thread."""
        self._chain = None

    async def commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Commit the group's offsets; False if partitions have been moved meanwhile (their new owner commits)."""
        return await self.call(self._commit_offsets(offsets))

    async def _commit_offsets(self, offsets: Mapping[TopicPartition, int]) -> bool:
        try:
            await self._ensure_consumer().commit({tp: OffsetAndMetadata(o, "") for tp, o in offsets.items()})
        except (CommitFailedError, IllegalStateError):
            return False
        return True

    async def committed(self, tp: TopicPartition) -> int | None:
        """The group's committed offset of a partition."""
        offset: int | None = await self.call(self._ensure_consumer().committed(tp))
        return offset

    def places(self) -> dict[TopicPartition, tuple[int, int]]:
        """By partition: the end of what was handed out, and how many readable offsets have not been. Records of an open
        transaction are no lag.
        """
        chain = self._chain
        if chain is None:
            return {}
        found = {}
        for tp, delivered in list(chain.delivered.items()):
            state = chain.assignment.state_value(tp)  # type: ignore[attr-defined]
            end = state.lso if state.lso is not None and state.lso >= 0 else state.highwater
            found[tp] = (delivered, max(0, end - delivered) if end is not None else 0)
        return found

    async def leave(self) -> None:
        """Leave the group and close the consumer, so that others take over at once."""
        await self.call(self._ensure_consumer().stop())

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """H7: aiokafka swallows what a rebalance listener raises, and goes on as if all had been done."""
        self.drop()
        try:
            await super().on_partitions_revoked(revoked)
        except Exception as error:
            ends.fail("partitions could not be given up", error)

    async def on_partitions_assigned(self, assigned: set[TopicPartition], generation_id: int = 0) -> None:
        """H7, as above."""
        try:
            await super().on_partitions_assigned(assigned, generation_id)
        except Exception as error:
            ends.fail("partitions could not be taken up", error)
