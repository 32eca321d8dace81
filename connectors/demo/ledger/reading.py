"""Follows the topics and the sandbox from their beginning, and notes what comes and when. Writes nothing anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import time

import aiohttp
import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from connectors.demo.ledger.evidence import Evidence, OnPhone, Seen
from schemas.envelope import PUBLIC_TOPICS
from schemas.topics import load
from streams.kafka import client_options
from streams.settings import Settings

JOURNALS = ("operator-journal", "staff-journal", "notice-journal")
TOPICS = (*PUBLIC_TOPICS, *JOURNALS, "alerts", "alerts-private", "notices", "receipts", "dead-letters")
FINAL = frozenset({"accepted", "delivered", "failed-for-good", "unknown", "suppressed"})
AGAIN = 0.2
"""Seconds before the sandbox is asked again, if it broke off."""
FETCH_WAIT_MS = 80
"""The ledger's delays from a topic are that much too long at most."""


class Reader:
    """Fills an `Evidence`. `follow` runs until cancelled; `settled` says when nothing more is to be expected."""

    def __init__(self, settings: Settings, sandbox: str | None) -> None:
        self.evidence = Evidence(sandbox=sandbox is not None)
        self._settings = settings
        self._sandbox = sandbox
        self._consumer = AIOKafkaConsumer(
            **client_options(settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_poll_records=5000,
        )

    async def follow(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._topics())
            if self._sandbox is not None:
                group.create_task(self._phones(self._sandbox))

    async def start(self) -> None:
        """Connect and go to the beginning of everything."""
        await self._consumer.start()
        self._places = [
            TopicPartition(self._settings.prefix + topic, number)
            for topic in TOPICS
            for number in range(load().partitions(topic, self._settings.partitions))
        ]
        self._consumer.assign(self._places)
        await self._consumer.seek_to_beginning(*self._places)

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def settled(self, within: float) -> bool:
        """Return once everything that stands in the topics was read and every notice came to an end; or False."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if await self._at_the_end() and not self.open_notices():
                return True
            await asyncio.sleep(0.1)
        return False

    def open_notices(self) -> set[str]:
        """Notices of which no receipt says what became of them, or that no phone shows though they were accepted."""
        ended = {receipt["notice"] for receipt in self.evidence.receipts if receipt["outcome"] in FINAL}
        waiting = set(self.evidence.notices) - ended
        if self.evidence.sandbox:
            taken = {r["notice"] for r in self.evidence.receipts if r["outcome"] in {"accepted", "delivered"}}
            waiting |= taken - {message.notice for message in self.evidence.phones}
        return waiting

    async def _at_the_end(self) -> bool:
        ends = await self._consumer.end_offsets(self._places)
        for place, end in ends.items():
            if await self._consumer.position(place) < end:
                return False
        return True

    async def _topics(self) -> None:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    self._note(record)

    def _note(self, record: ConsumerRecord) -> None:
        topic = record.topic.removeprefix(self._settings.prefix)
        headers = dict(record.headers)
        wall = int(time.time() * 1000)
        seen = Seen(topic, record.partition, record.offset, record.timestamp, headers, record.value, wall)
        evidence = self.evidence
        if topic in PUBLIC_TOPICS:
            evidence.public.append(seen)
        elif topic in JOURNALS:
            evidence.journals.append(seen)
        elif topic == "dead-letters":
            evidence.letters.append(seen)
        elif record.value is None:
            return  # an alert that has been over for long
        elif topic == "notices":
            notice = orjson.loads(record.value)
            evidence.notices.setdefault(notice["id"], notice)
        elif topic == "receipts":
            evidence.receipts.append(orjson.loads(record.value))
        else:
            evidence.alerts.append(seen)

    async def _phones(self, address: str) -> None:
        """The sandbox's stream of messages, from where it broke off."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):  # it may not be up yet, or be down already
                    await self._listen(session, address)
                await asyncio.sleep(AGAIN)

    async def _listen(self, session: aiohttp.ClientSession, address: str) -> None:
        after = str(len(self.evidence.phones))
        async with session.get(f"{address}/events", params={"after": after}) as stream:
            async for line in stream.content:
                if line.startswith(b"data: "):
                    one = orjson.loads(line[len(b"data: ") :])
                    notice = (one["notice"] or "").split("/")[0]  # a long one comes in parts: ID/PART
                    wall = int(time.time() * 1000)
                    self.evidence.phones.append(OnPhone(notice, one["to"], one["body"], one["at"], wall))
