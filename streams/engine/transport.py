"""Faust's transport, consumer and producer with what loses events taken out. Each repair names its hazard as in
README.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NoReturn

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage

from streams.engine import clients, ends
from streams.engine.batch import Batch
from streams.engine.fetching import FAUST, FetchThread

FETCH_TIMEOUT = 1.0


class Consumer(driver.Consumer):
    """Hands out batches and leaves acknowledging, committing and seeking to the engine."""

    logger = FAUST
    _thread: FetchThread

    def _new_consumer_thread(self) -> FetchThread:
        return FetchThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def thread(self) -> FetchThread:
        """The thread that talks to Kafka."""
        return self._thread

    async def _drain_messages(self, fetcher: Any) -> None:
        # H10: Faust makes four futures for each record and drops partitions from fetching under pressure; here one
        # message is one batch, all partitions are asked for, and a small bounded queue, at which this loop waits, is
        # the back pressure
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            if not self.flow_active:
                await self.wait(self.can_resume_flow)
                continue
            try:
                batches = await self._thread.getmany(None, FETCH_TIMEOUT)
            except ConsumerStoppedError:
                return
            # all at once, because each wait is a few rounds of a loop that may have a tick to work off; what is not
            # delivered when the flow is stopped is dropped here: a load with new seeks always follows
            delivered = asyncio.gather(*(self.callback(self._message(batch)) for batch in batches.values()))
            await self.wait_first(delivered, self.suspend_flow.wait())

    def _message(self, batch: Batch) -> ConsumerMessage:
        message = ConsumerMessage(
            batch.tp.topic,
            batch.tp.partition,
            batch.start,
            0.0,
            0,
            (),
            None,
            batch,
            None,
            0,
            0,
            batch.tp,
            generation_id=self.app.consumer_generation_id,
        )
        message.tracked = True  # H1: Faust must not wait for an acknowledgement that never comes
        return message

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """H5: Faust forgets here what it had acknowledged, before it commits. The engine drains and commits first."""
        try:
            self._halt()
            await self.app.engine.release()
        except Exception as error:
            ends.fail("partitions could not be drained", error)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition], generation_id: int = 0) -> None:
        """H6: Faust stops its flow in a rebalance only if it had partitions before."""
        self._halt()
        self.app.engine.expect()
        await super().on_partitions_assigned(assigned, generation_id)

    def _halt(self) -> None:
        self.stop_flow()
        self.app.flow_control.suspend()
        self.app.flow_control.clear()

    async def perform_seek(self) -> None:
        """H3, H4: Faust seeks to what the group committed, not at all where that is nothing, and a time-out ends the
        recovery in silence. The engine seeks to the position that stands beside the rows, with a deadline of its own.
        """
        try:
            await self.app.engine.take_up()
        except IllegalStateError:
            raise  # H9: a rebalance came in between; its own load follows
        except Exception as error:
            ends.fail("positions could not be taken up", error)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """H1: the engine commits after each transaction; nobody else does."""
        return False

    async def verify_all_partitions_active(self) -> None:
        """Faust only logs what it finds here; the engine's watchdog acts."""

    async def crash(self, reason: BaseException) -> NoReturn:
        """Crash-only: Faust would stop services one by one while others go on committing."""
        ends.fail("the consumer crashed", reason)


class Producer(driver.Producer):
    """Faust wants one. What the engine writes goes through producers of its own."""

    logger = FAUST

    def _new_producer(self, transactional_id: str | None = None) -> AIOKafkaProducer:
        return clients.faust_producer(self.app.engine.settings)

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all"}


class Transport(driver.Transport):
    """Where Faust finds the two."""

    Consumer = Consumer
    Producer = Producer
