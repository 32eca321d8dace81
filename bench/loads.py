"""The two loads of the latency: what is published at which rate, and when the broker says it wrote the records that an
alert must follow. Judges nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any, ClassVar, Protocol

import orjson
from aiokafka import AIOKafkaProducer

from bench.peers import job
from schemas.times import format_instant

OUR_ALERTS, STREAMS_ALERTS, RECORDS, HOP = "alerts", "streams-alerts", "streams-records", "hop"
OPERATORS, COUNTIES = 1000, 20
MARKED_A_SECOND = {100: 20, 1000: 50, 5000: 100}
STEP = 0.005


class Load(Protocol):
    """A system under load."""

    name: ClassVar[str]
    alerts: ClassVar[str]

    async def run(self, rate: int, seconds: int) -> dict[str, int]:
        """Publish; returns the broker's time, in milliseconds, of each record that an alert must follow, by name."""


class Steady:
    """Publishes at a steady rate; what a record is, and whose, is the subclass's to say."""

    def __init__(self, producer: AIOKafkaProducer, seed: int) -> None:
        self._producer, self._chance = producer, random.Random(seed)
        self._number = self._marked = 0

    async def run(self, rate: int, seconds: int) -> dict[str, int]:
        """See `Load`."""
        every = rate // MARKED_A_SECOND[rate]
        waiting: dict[str, asyncio.Future[Any]] = {}
        begin, done = time.monotonic(), 0
        while (now := time.monotonic() - begin) < seconds:
            for number in range(done, int(now * rate)):
                marked = number % every == 0
                topic, key, value = self.marked() if marked else self.ordinary()
                sent = await self._producer.send(topic, value, key=key)
                if marked:
                    waiting[self.mark] = sent
                self._number += 1
            done = int(now * rate)
            await asyncio.sleep(STEP)
        return {name: (await sent).timestamp for name, sent in waiting.items()}

    @property
    def mark(self) -> str:
        """The name of the last marked record."""
        return f"M{self._marked}"

    def marked(self) -> tuple[str, bytes, bytes]:
        """Topic, key and value of a record that an alert must follow."""
        raise NotImplementedError

    def ordinary(self) -> tuple[str, bytes, bytes]:
        """The same for one of the others."""
        raise NotImplementedError


class Ours(Steady):
    """Uploads, receipts and sales of a thousand operators, and positive samples of surfaces."""

    name, alerts = "this system", OUR_ALERTS

    async def register(self) -> None:
        """The operators, and a duty desk for each county."""
        for number in range(COUNTIES):
            person = {
                "person": f"D{number}", "name": "专班", "group": True, "role": "duty-desk", "counties": [f"C{number}"],
                "channels": [{"kind": "wecom-robot", "address": f"desk-{number}"}],
            }  # fmt: skip
            await self._producer.send("registry", self._event("person.assigned", person))
        for number in range(OPERATORS):
            place = {"county": f"C{number % COUNTIES}", "town": "T", "grid": "G", "office": "S"}
            data = {"operator": f"B{number}", "name": "店", **place, "activated": True, "trades": True}
            await self._producer.send("registry", self._event("operator.registered", data | {"status": "active"}))
        await self._producer.flush()

    async def upload(self, lot: str) -> None:
        """A lot without papers, of any operator."""
        operator = f"B{self._chance.randrange(OPERATORS)}"
        value = self._event("lot.uploaded", {"operator": operator, "lot": lot, "goods": "fruit", "papers": []})
        await self._producer.send("chain-uploads", value, key=operator.encode())

    def marked(self) -> tuple[str, bytes, bytes]:
        """A positive sample."""
        self._marked += 1
        operator = f"B{self._marked % OPERATORS}"
        data = {
            "sample": self.mark,
            "on": "surface",
            "operator": operator,
            "result": "positive",
            "hazard": "sars-cov-2",
        }
        return "test-results", operator.encode(), self._event("sample.tested", data)

    def ordinary(self) -> tuple[str, bytes, bytes]:
        """A lot put on the chain with its papers, received or sold."""
        draw, operator = self._chance.random(), f"B{self._chance.randrange(OPERATORS)}"
        about: dict[str, Any] = {"operator": operator, "lot": f"L{operator}-{self._number // (OPERATORS * 8)}"}
        if draw < 0.3:
            papers = [{"kind": kind, "number": "1", "issued_on": "2022-01-01"} for kind in ("quarantine", "test")]
            about |= {"goods": "fruit", "trace_code": "T", "papers": papers}
            return "chain-uploads", operator.encode(), self._event("lot.uploaded", about)
        if draw < 0.5:
            return "scan-events", operator.encode(), self._event("goods.received", about | {"supplier": "S"})
        quantity = {"amount": 2, "unit": "kg"}
        return "scan-events", operator.encode(), self._event("goods.sold", about | {"quantity": quantity})

    def _event(self, kind: str, data: dict[str, Any]) -> bytes:
        event = {
            "specversion": "1.0", "id": f"{kind}-{self._number}-{self._chance.getrandbits(48):x}", "source": "/bench",
            "type": kind, "time": format_instant(int(time.time() * 1000)), "data": data,
        }  # fmt: skip
        return orjson.dumps(event)


class Streams(Steady):
    """Lots of a thousand operators, some without a quarantine certificate."""

    name, alerts = "Kafka Streams, two stages", STREAMS_ALERTS

    def marked(self) -> tuple[str, bytes, bytes]:
        """A lot without its certificate."""
        self._marked += 1
        key = b"B%d" % (self._marked % OPERATORS)
        return RECORDS, key, job.value(self._number, key, lot=self.mark, gap=True)

    def ordinary(self) -> tuple[str, bytes, bytes]:
        """A lot with its papers."""
        key = b"B%d" % self._chance.randrange(OPERATORS)
        return RECORDS, key, job.value(self._number, key, lot=f"L{self._number}")
