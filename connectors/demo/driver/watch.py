"""Keeps the live picture fed: alerts from their topics, messages from the sandbox, processes from the supervisor."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from connectors.demo.driver.state import Message, State
from connectors.runtime import Running
from schemas.topics import load
from streams.kafka import client_options
from streams.settings import Settings

ALERTS = ("alerts", "alerts-private")
ASK_EVERY = 0.3
"""Seconds between two looks at the sandbox."""


async def watch(state: State, run: Running) -> None:
    """Until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_alerts(state, run.place.settings))
        group.create_task(_processes(state, run))
        if run.sandbox is not None:
            group.create_task(_phones(state, run.sandbox))


async def label(sandbox: str, names: dict[str, str]) -> None:
    """Tell the sandbox whose phone is whose, so that its page reads well."""
    async with aiohttp.ClientSession() as session:
        await session.post(f"{sandbox}/admin/labels", json=names)


async def _alerts(state: State, settings: Settings) -> None:
    places = [
        TopicPartition(settings.prefix + topic, number)
        for topic in ALERTS
        for number in range(load().partitions(topic, settings.partitions))
    ]
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, fetch_max_wait_ms=400)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while True:
            for records in (await consumer.getmany(timeout_ms=300)).values():
                for record in records:
                    if record.value is not None:
                        state.alert(orjson.loads(record.value))
    finally:
        await consumer.stop()


async def _phones(state: State, sandbox: str) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):  # it may be restarting
                async with session.get(f"{sandbox}/messages", params={"after": str(state.messages)}) as answer:
                    messages = (await answer.json())["messages"]
                for one in messages:
                    to = one.get("label") or one["to"]
                    state.recent.append(Message(one["channel"], to, one["at"], one["body"]))
                state.messages += len(messages)
            await asyncio.sleep(ASK_EVERY)


async def _processes(state: State, run: Running) -> None:
    """Says when a process ended and when it is back."""
    away: set[str] = set()
    seen = {name: len(run.child(name).exits) for name in run.ports}
    while True:
        for name, before in seen.items():
            child = run.child(name)
            if len(child.exits) > before:
                seen[name] = len(child.exits)
                away.add(name)
                state.event(f"{name} ended with {child.exits[-1]}")
            if name in away and child.pid is not None and await asyncio.to_thread(run.ready, name):
                away.discard(name)
                state.event(f"{name} is back (process {child.pid})")
            state.workers[name] = "away" if name in away else "up"
        await asyncio.sleep(0.25)
