"""What one bridge process is made of: the flow for the engine, and what its partitions share: clock, pace, session."""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

import aiohttp

from connectors.bridges.clock import Clock, RealClock, SimulatedClock
from connectors.bridges.delivery import Delivery, Provider, Writer
from connectors.bridges.limits import LIMITS, Pacer
from connectors.bridges.machine import Bridge
from connectors.bridges.receipts import Receipts
from connectors.bridges.sms import Sms
from connectors.bridges.wecom import Wecom
from schemas.registry import ChannelKind
from streams import logs
from streams.context import Context
from streams.engine import Flow, Partition
from streams.settings import Settings

CHANNELS = {"wecom": ChannelKind.WECOM_ROBOT, "sms": ChannelKind.SMS}
log = logs.get(__name__)


class Process:
    """`name`: wecom or sms. Session and receipts server begin with the first partition and end with the last."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.channel = CHANNELS[name]
        self._settings = settings
        self._clock: Clock = SimulatedClock() if settings.simulated else RealClock()
        self._pacer = Pacer(LIMITS[self.channel])
        self._receipts = Receipts()
        self._session: aiohttp.ClientSession | None = None
        self._partitions = 0
        self._opening = asyncio.Lock()

    def flow(self) -> Flow:
        """For `streams.engine.run`."""
        return Flow(self.name, {"notices": f"bridge-{self.name}-state"}, self.machine, task=self.deliver)

    def machine(self, partition: int, _: Context) -> Bridge:
        """The journal of one partition."""
        return Bridge(partition, self.channel, self._clock, self._pacer)

    async def deliver(self, partition: Partition) -> None:
        """The task of one partition."""
        writer = cast(Writer, partition)
        async with self._opening:
            self._partitions += 1
            provider = await self._open()
        self._receipts.add(partition.number, writer)
        try:
            await Delivery(writer, provider, self._clock).run()
        finally:
            self._receipts.remove(partition.number)
            self._partitions -= 1
            if self._partitions == 0:
                await self._close()

    async def _open(self) -> Provider:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200, limit_per_host=100))
            if self.channel is ChannelKind.SMS and self._settings.sms_receipts_port:
                port = await self._receipts.serve(self._settings.http_host, self._settings.sms_receipts_port)
                log.info("waiting for receipts", port=port)
        form = Wecom if self.channel is ChannelKind.WECOM_ROBOT else Sms
        return form(self._session, self._settings, self._clock)

    async def _close(self) -> None:
        session, self._session = self._session, None
        with contextlib.suppress(asyncio.CancelledError):
            await self._receipts.close()
        if session is not None:
            await session.close()
