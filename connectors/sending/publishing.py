"""Publishes messages to the public topics: in order, acknowledged by all replicas, a bounded number under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from connectors.sending.judging import Judged, Outcome
from schemas.envelope import PUBLIC_TOPICS
from streams.kafka import client_options
from streams.settings import Commit, Settings

UNDER_WAY = 1_000
STRUCTURED = [("content-type", b"application/cloudevents+json")]


class NoBroker(Exception):  # noqa: N818
    """The brokers can't be reached, or lack the topics; says which."""


def producer(settings: Settings) -> AIOKafkaProducer:
    """A producer that neither loses nor doubles on a retry (the embedded broker knows no idempotence)."""
    return AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=settings.commit is Commit.TRANSACTIONS,
        linger_ms=5,
        max_request_size=1024 * 1024,
        request_timeout_ms=20_000,
    )


async def check_topics(settings: Settings, wanted: Iterable[str] = PUBLIC_TOPICS) -> None:
    """NoBroker unless the topics are there: a producer would have the broker make them, with its own settings."""
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=10_000)
    try:
        await admin.start()
        there = set(await admin.list_topics())
    except (KafkaError, OSError, TimeoutError) as error:
        raise NoBroker(f"no broker answers at {settings.bootstrap}: {type(error).__name__}") from None
    finally:
        await admin.close()
    missing = sorted(name for name in wanted if settings.prefix + name not in there)
    if missing:
        raise NoBroker(f"{settings.bootstrap} has no topic {', '.join(missing)}; `lianfang topics` makes them")


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that has reached a broker. NoBroker."""
    client = producer(settings)
    try:
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            raise NoBroker(f"no broker answers at {settings.bootstrap}: {type(error).__name__}") from None
        yield client
    finally:
        await client.stop()


async def publish(settings: Settings, wanted: AsyncIterator[Judged], say: Callable[[Judged], None]) -> None:
    """Send each of them; say of each in order what became of it, as soon as it is known. NoBroker."""
    under_way: asyncio.Queue[tuple[Judged, asyncio.Future[object]] | None] = asyncio.Queue(UNDER_WAY)
    async with started(settings) as client:
        saying = asyncio.create_task(_say_all(under_way, say))
        try:
            async for judged in wanted:
                await under_way.put((judged, await _send(client, settings, judged)))
            await under_way.put(None)
            await saying
        finally:
            saying.cancel()


async def _say_all(
    under_way: asyncio.Queue[tuple[Judged, asyncio.Future[object]] | None], say: Callable[[Judged], None]
) -> None:
    while (one := await under_way.get()) is not None:
        say(await _outcome(*one))


async def _send(client: AIOKafkaProducer, settings: Settings, judged: Judged) -> asyncio.Future[object]:
    if judged.topic is None:
        raise ValueError("what is sent has a topic")
    found: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    topic = settings.prefix + judged.topic
    try:
        sent: asyncio.Future[object] = await client.send(topic, judged.found.value, judged.key, headers=STRUCTURED)
    except KafkaError as error:
        found.set_exception(error)
        return found
    return sent


async def _outcome(judged: Judged, sent: asyncio.Future[object]) -> Judged:
    try:
        await sent
    except KafkaError as error:
        return replace(judged, outcome=Outcome.FAILED, message=str(error))
    return replace(judged, outcome=Outcome.SENT)
