"""A stage for a bridge: its partition without Kafka, the sandbox over real HTTP, time that the test sets.

`Journal` is what the engine keeps: a write is durable as soon as its future is done, and a worker that dies leaves what
is durable to the next.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp.test_utils import TestServer

from connectors.bridges.clock import SimulatedClock
from connectors.bridges.delivery import Delivery, Provider
from connectors.bridges.limits import LIMITS, Pacer
from connectors.bridges.machine import Bridge
from connectors.bridges.sms import Sms
from connectors.bridges.wecom import Wecom
from connectors.sandbox.app import Sandbox
from schemas.notices import Notice, Reach, Receipt, SmsText, Texts, WecomText, decode_receipt, encode, notice_id
from schemas.registry import ChannelKind, Role
from schemas.times import format_instant, parse_instant
from streams.machine import Entry, Output
from streams.settings import Settings

NOON = parse_instant("2022-01-05T12:00:00+08:00")
PHONE = "13800000001"


def notice(
    number: int = 0,
    *,
    channel: ChannelKind = ChannelKind.WECOM_ROBOT,
    address: str | None = None,
    critical: bool = False,
    at: int = NOON,
    parts: int = 1,
) -> Notice:
    """A notice that says its number."""
    way = address or (PHONE if channel is ChannelKind.SMS else "robot")
    sms = {"shop": f"店{number}", "what": "缺检验检疫证明", "since": "1月5日 09:00", "todo": "请补传"}
    return Notice(
        id=notice_id("test", str(number)),
        recipient=f"person-{number}",
        role=Role.OWNER,
        group=False,
        channel=channel,
        address=way,
        channels=[Reach(channel, way)],
        critical=critical,
        private=False,
        drill=False,
        made_at=format_instant(at),
        changed_at=format_instant(at),
        title="",
        lines=[],
        about=[],
        texts=Texts(
            WecomText("markdown", [f"消息{number}" + (f"之{part + 1}" if parts > 1 else "") for part in range(parts)]),
            SmsText("LF_ONE", sms, 40, 1),
        ),
    )


@dataclass
class Journal:
    """One partition. `dies`: what happens at the n-th write from now: the worker ends before or after it is durable."""

    machine: Bridge
    durable: dict[bytes, bytes | None] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    writes: int = 0
    dies: tuple[int, str] | None = None
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, change: Callable[[], list[Output] | None]) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.dead.is_set():
            return done
        self.writes += 1
        self.machine.rows.mark()
        outputs = list(change() or ())
        if self.dies == (self.writes, "before"):
            self.dead.set()
            return done
        self.durable |= dict(self.machine.rows.take())
        self.outputs += outputs
        if self.dies == (self.writes, "after"):
            self.dead.set()
            return done
        done.set_result(None)
        return done


@dataclass
class Stage:
    """A bridge and its sandbox."""

    channel: ChannelKind
    sandbox: Sandbox
    provider: Provider
    clock: SimulatedClock
    journal: Journal
    offset: int = 0

    def put(self, *notices: Notice) -> None:
        """Notices come."""
        for item in notices:
            self.offset += 1
            entry = Entry("notices", 0, self.offset, 0, item.recipient.encode(), encode(item))
            assert not self.journal.machine.apply(entry).outputs
            self.journal.durable |= dict(self.journal.machine.rows.take())

    def restart(self) -> None:
        """Another worker takes over what is durable."""
        machine = Bridge(0, self.channel, self.clock, Pacer(LIMITS[self.channel]))
        for key, value in self.journal.durable.items():
            machine.rows.load(key, value)
        machine.resume(None)
        self.journal = Journal(machine, self.journal.durable, self.journal.outputs)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The task of the partition runs, until it dies or the test has seen enough."""
        task = asyncio.create_task(Delivery(self.journal, self.provider, self.clock).run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def run_until(self, enough: Callable[[], bool]) -> None:
        """Run until something is so. TimeoutError if it never is; what the task raises is raised."""
        task = asyncio.create_task(Delivery(self.journal, self.provider, self.clock).run())
        try:
            async with asyncio.timeout(60):
                while not enough() and not task.done():
                    await asyncio.sleep(0.005)
            if task.done():
                await task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def settle(self) -> None:
        """Run until nothing is left to do."""
        rows = self.journal.machine
        await self.run_until(lambda: not rows.unanswered() and not rows._jobs())
        assert self.journal.machine.woken is not None

    @property
    def bodies(self) -> list[str]:
        """What the phones show."""
        return [message.body for message in self.sandbox.store.messages]

    @property
    def receipts(self) -> list[Receipt]:
        """What was written to `receipts`."""
        return [decode_receipt(output.value or b"") for output in self.journal.outputs]

    @property
    def outcomes(self) -> list[str]:
        """Their outcomes, with the provider's word."""
        return [f"{item.outcome} {item.code or ''}".strip() for item in self.receipts]


@asynccontextmanager
async def stage(channel: ChannelKind = ChannelKind.WECOM_ROBOT) -> AsyncIterator[Stage]:
    """A bridge with an empty journal and a sandbox at noon."""
    sandbox = Sandbox()
    sandbox.clock.set(NOON)
    server = TestServer(sandbox.app())
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    settings = Settings(
        wecom_url=url, sms_url=url, sms_access_key="sandbox", sms_access_secret="sandbox", simulated=True
    )
    clock = SimulatedClock()
    clock.seen(NOON)
    async with aiohttp.ClientSession() as session:
        form = Wecom if channel is ChannelKind.WECOM_ROBOT else Sms
        machine = Bridge(0, channel, clock, Pacer(LIMITS[channel]))
        yield Stage(channel, sandbox, form(session, settings, clock), clock, Journal(machine))
    await server.close()
