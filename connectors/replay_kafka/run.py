"""Takes a history through the workers, batch by batch and tick by tick, and reads back what they said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import IO

import click
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from connectors.replay_kafka.batches import Batch, Message, batches
from connectors.replay_kafka.progress import Seen, shown
from connectors.replay_kafka.workers import Died, Place, started
from connectors.terminal import terminal
from streams.clock.barrier import Barrier, Stuck
from streams.clock.port import KafkaPort
from streams.context import Context
from streams.engine.partitioner import partition_of
from streams.kafka import client_options
from streams.parameters import Rules
from streams.replay.journal import in_time
from streams.replay.pure import Line, PureEngine
from streams.settings import Commit, Settings

ALERTS = ("alerts", "alerts-private")
WITHIN = 120.0
"""Seconds for one tick: more than a worker that died needs to come back."""


def run(
    lines: Iterable[Line],
    target: IO[bytes],
    *,
    until: int | None,
    tick: int,
    settings: Settings,
    bootstrap: str | None = None,
    quiet: bool = False,
) -> dict[str, int]:
    """Write every message of `alerts` and `alerts-private` to `target`, one a line; returns the closing figures.

    `lines` in order of *recorded*; `until` and `tick` in milliseconds. `bootstrap` None: the embedded broker. Order of
    the messages: by `changed_at`, those of one operator as they were written. Not `quiet`: says how far it is. NoPlace
    if none of it can run on that broker.
    """
    history = list(lines)
    pure = PureEngine(Context(settings=settings, rules=Rules.load(settings.rules), partitions={}))
    plan = list(batches(history, tick=tick, until=until, pure=pure))
    figures = {"lines": 0, "ticks": 0, "messages": 0}
    if not plan:
        return figures | {"refused": 0}
    with shown(plan, terminal(stderr=True, quiet=quiet)) as seen, started(settings, bootstrap) as place:
        try:
            messages = asyncio.run(_replay(place, history[0].recorded, plan, figures, seen))
        except Stuck as stuck:
            raise click.ClickException(f"{stuck}\n{place.last_words()}") from None
        except Died as died:
            raise click.ClickException(str(died)) from None
    for value in messages:
        target.write(value + b"\n")
        figures["messages"] += 1
    return figures | {"refused": pure.refused}  # intake's judgement, which is the same for both engines


async def _replay(place: Place, first: int, plan: Sequence[Batch], figures: dict[str, int], seen: Seen) -> list[bytes]:
    settings = place.settings
    port = KafkaPort(settings)
    producer = AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=settings.commit is Commit.TRANSACTIONS,
        max_request_size=2 * 1024 * 1024,
    )
    try:
        await port.start()
        await producer.start()
        barrier = Barrier(port, lambda _: place.check())
        await barrier.begin(first)
        for batch in plan:
            await _publish(settings, producer, barrier, batch.groups)
            figures["lines"] += sum(len(group) for group in batch.groups)
            if batch.tick is None:
                await barrier.calm(within=WITHIN)
            else:
                await barrier.advance(batch.tick, within=WITHIN)
                figures["ticks"] += 1
            seen(batch)
        ends = await port.ends(ALERTS)
        return await read_back(settings, {part: end for part, (_, end) in ends.items()})
    finally:
        await producer.stop()
        await port.stop()


async def _publish(
    settings: Settings, producer: AIOKafkaProducer, barrier: Barrier, groups: Sequence[Sequence[Message]]
) -> None:
    """Append time is taken to be *recorded*: each message carries it as its timestamp."""
    for number, group in enumerate(groups):
        if number:
            await barrier.calm(within=WITHIN)
        sent = []
        for message in group:
            name = settings.prefix + message.topic
            sent.append(
                await producer.send(
                    name,
                    message.line.value,
                    key=message.key or None,
                    # by the key even where it is empty: what can't be read keeps its order too
                    partition=partition_of(message.key, settings.partitions[message.topic]),
                    timestamp_ms=message.line.recorded,
                )
            )
        await asyncio.gather(*sent)


async def read_back(settings: Settings, ends: dict[tuple[str, int], int]) -> list[bytes]:
    """All committed messages before these ends, by `changed_at`; those of one partition in their order."""
    upto = {TopicPartition(settings.prefix + topic, number): end for (topic, number), end in ends.items() if end}
    if not upto:
        return []
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        values: dict[TopicPartition, list[bytes]] = {place: [] for place in upto}
        consumer.assign(list(upto))
        async with asyncio.timeout(WITHIN):
            for place, end in upto.items():
                while await consumer.position(place) < end:
                    for part, messages in (await consumer.getmany(timeout_ms=200)).items():
                        values[part] += [message.value for message in messages if message.value is not None]
        return list(in_time(values.values()))
    finally:
        await consumer.stop()
