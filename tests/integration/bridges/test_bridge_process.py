"""`lianfang bridge` as a process on a broker, against the sandbox as a program: from `notices` to the phone and back to
`receipts`, and over a kill -9 in the middle of a call."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from connectors.cli.topics import command as topics
from connectors.embedded import Supervisor
from schemas.notices import Notice, Receipt, decode_receipt, encode
from schemas.registry import ChannelKind
from streams.settings import Settings
from tests.conftest import Broker
from tests.reading import few, messages
from tests.unit.bridges.stage import PHONE, notice

PATIENCE = 120.0


@dataclass
class World:
    """A broker with topics, a running sandbox, and bridges that the test starts and kills."""

    broker: Broker
    settings: Settings
    sandbox: str
    env: dict[str, str]
    session: aiohttp.ClientSession
    receipts: list[Receipt] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def bridge(self, channel: str, **env: str) -> subprocess.Popen[bytes]:
        process = Supervisor.popen([sys.executable, "-m", "connectors.cli", "bridge", channel], env=self.env | env)
        self.processes.append(process)
        return process

    async def publish(self, *notices: Notice) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap)
        await producer.start()
        try:
            for item in notices:
                await producer.send_and_wait(f"{self.settings.prefix}notices", encode(item), item.recipient.encode())
        finally:
            await producer.stop()

    async def told(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.sandbox}/messages") as response:
            return (await response.json())["messages"]

    async def fault(self, **fault: Any) -> None:
        async with self.session.post(f"{self.sandbox}/admin/faults", json=fault) as response:
            assert response.status == 200

    async def read(self) -> None:
        """Everything that stands on `receipts`."""
        self.receipts = [decode_receipt(item.value or b"") for item in await messages(self.settings, "receipts")]

    async def until(self, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        deadline = time.monotonic() + PATIENCE
        while not enough(found := await self.told()):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)
        return found

    async def until_receipts(self, wanted: int) -> list[str]:
        """Their outcomes, sorted, once there are so many."""
        deadline = time.monotonic() + PATIENCE
        while len(self.receipts) < wanted:
            assert time.monotonic() < deadline, self.receipts
            await self.read()
        return sorted(str(item.outcome) for item in self.receipts)


@asynccontextmanager
async def world(broker: Broker, prefix: str, *arguments: str) -> AsyncIterator[World]:
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "connectors.cli", "sandbox", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
    )
    assert sandbox.stdout is not None
    address = json.loads(await asyncio.to_thread(sandbox.stdout.readline))["address"]
    settings = Settings(bootstrap=broker.bootstrap, prefix=prefix, partitions=few(), commit=broker.commit)
    env = os.environ | broker.env | {
        "LIANFANG_PREFIX": prefix,
        "LIANFANG_PARTITIONS": json.dumps(settings.partitions),
        "LIANFANG_WECOM_URL": address,
        "LIANFANG_SMS_URL": address,
        "LIANFANG_SMS_ACCESS_KEY": "sandbox",
        "LIANFANG_SMS_ACCESS_SECRET": "sandbox",
        "LIANFANG_SESSION_TIMEOUT": "6",
    }  # fmt: skip
    created = await asyncio.to_thread(CliRunner().invoke, topics, [], env=env)
    assert created.exit_code == 0, created.output
    async with aiohttp.ClientSession() as session:
        made = World(broker, settings, address, env, session)
        try:
            yield made
        finally:
            for process in [*made.processes, sandbox]:
                process.kill()
                process.wait()


async def test_notices_reach_the_phones_once_and_receipts_say_so(
    embedded_broker: Broker, prefix: str, supervisor: Supervisor
) -> None:
    port = supervisor.port()
    async with world(embedded_broker, prefix, "--report", f"http://127.0.0.1:{port}/receipts") as it:
        wecom, sms = it.bridge("wecom"), it.bridge("sms", LIANFANG_SMS_RECEIPTS_PORT=str(port))
        await it.publish(
            *(notice(number, address=f"robot-{number % 3}") for number in range(12)),
            notice(20, channel=ChannelKind.SMS, critical=True),
        )
        messages = await it.until(lambda found: len(found) == 13)
        assert {item["to"] for item in messages} == {"robot-0", "robot-1", "robot-2", PHONE}
        assert len({item["notice"] for item in messages}) == 13
        assert await it.until_receipts(14) == ["accepted"] * 13 + ["delivered"]
        for process in (wecom, sms):
            process.terminate()
        assert [await asyncio.to_thread(process.wait, 20) for process in (wecom, sms)] == [0, 0]


async def test_a_bridge_killed_in_the_middle_of_a_call_repeats_only_what_is_critical(
    kafka: Broker, prefix: str
) -> None:
    async with world(kafka, prefix) as it:
        first = it.bridge("wecom")
        await it.fault(channel="wecom", kind="hang-after", seconds=60, times=2)
        await it.publish(notice(1, address="a"), notice(2, address="b", critical=True))
        await it.until(lambda found: len(found) == 2)  # accepted, and nobody was told so
        first.kill()
        first.wait()
        it.bridge("wecom")
        messages = await it.until(lambda found: len(found) == 3)
        assert messages[2]["body"] == "【重发】消息2"
        assert await it.until_receipts(3) == ["accepted", "unknown", "unknown"]
        await it.publish(notice(3, address="a"))
        messages = await it.until(lambda found: len(found) == 4)
        assert [item["body"] for item in messages[2:]] == ["【重发】消息2", "消息3"]
