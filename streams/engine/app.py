"""The Faust app: agents, group membership and life cycle are Faust's; transport and crashing are ours."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, NoReturn

import faust
from faust.tables.manager import TableManager
from faust.types import EventT
from yarl import URL

from streams.engine import ends
from streams.engine.clients import REQUEST_WITHIN
from streams.engine.engine import Engine
from streams.engine.fetching import FAUST
from streams.engine.flow import Batches, Flow
from streams.engine.transport import Transport

QUEUED = 16
"""Batches that may wait for an agent; at that bound fetching waits."""


class _AsFetched(faust.Schema):
    """Events hold the batch as it came; machines decode, so that what can't be decoded is a dead letter, not lost."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Any]:
        async def decode(message: Any, *, propagate: bool = False) -> EventT:
            event: EventT = app.create_event(None, message.value, message.headers, message)
            return event

        return decode


class _Tables(TableManager):
    """There are none; Faust still waits a second for some to be declared."""

    logger = FAUST

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class App(faust.App):
    """One for each process."""

    logger = FAUST

    def __init__(self, engine: Engine) -> None:
        if importlib.util.find_spec("faust._cython.streams") is None:
            ends.alarm("faust was installed without its compiled parts; the repaired stream is not the one that runs")
        settings = engine.settings
        super().__init__(
            engine.group,
            broker=[URL(f"kafka://{address}") for address in settings.bootstrap.split(",")],
            store="memory://",
            TableManager=_Tables,
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            table_standby_replicas=0,
            stream_buffer_maxsize=QUEUED,
            stream_wait_empty=False,
            broker_session_timeout=settings.session_timeout,
            broker_heartbeat_interval=settings.session_timeout / 4,
            broker_rebalance_timeout=settings.rebalance_timeout,
            broker_request_timeout=REQUEST_WITHIN,
            broker_commit_interval=3600.0,  # the engine commits
        )
        self.engine = engine
        engine.app = self
        self.in_worker = True
        self.on_rebalance_complete.connect(engine.load, weak=False)
        for flow in engine.flows:
            self._hang(flow)

    def _hang(self, flow: Flow) -> None:
        prefix, engine = self.engine.settings.prefix, self.engine
        topic = self.topic(*(prefix + name for name in flow.inputs), schema=_AsFetched())

        async def agent(batches: Batches) -> None:
            await flow.agent(batches, engine)

        self.agent(topic, name=flow.name)(agent)

    async def _on_agent_error(self, agent: Any, error: BaseException) -> NoReturn:
        """H18: Faust would restart the agent at the next event."""
        ends.fail("an agent broke", error, agent=str(agent))

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Transport:
        return Transport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        """Nothing is kept on disk."""

    def _crash(self, reason: BaseException) -> NoReturn:
        """Any service that crashes ends here."""
        ends.fail("a part of the worker crashed", reason)
