"""Reads journals from Kafka as any read_committed reader would, from their first entry to their present end, and writes
them to a folder. It is there whole or not at all.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from connectors.journal.files import Part, entry_line, head_line
from connectors.topics import cluster
from streams.journal import headers_of
from streams.kafka import client_options, words_of
from streams.machine import Entry
from streams.marks import high_watermarks
from streams.replay.journal import JOURNALS
from streams.settings import Settings

STALLED = 60.0
"""Seconds without a single message after which reading is given up."""
Tell = Callable[[int, int], object]
"""Told how many offsets are read, and how many there are."""


class Unreadable(Exception):  # noqa: N818
    """The journals can't be read; says why."""


async def save(settings: Settings, folder: Path, tell: Tell) -> dict[Part, int]:
    """Write all journals to a folder that is not there yet; gives the entries of each part. Unreadable; OSError."""
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(mode=0o700, parents=True)  # journals hold names and telephone numbers
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed",
        fetch_max_wait_ms=settings.fetch_wait_ms,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    try:
        await consumer.start()
        counts = await _save(settings, consumer, partial, tell)
        partial.rename(folder)
    except (KafkaError, TimeoutError) as error:
        raise Unreadable(f"{settings.bootstrap}: {words_of(error)}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        await consumer.stop()
    return counts


async def _save(settings: Settings, consumer: AIOKafkaConsumer, folder: Path, tell: Tell) -> dict[Part, int]:
    found = await _parts(settings, consumer)
    streams: dict[TopicPartition, IO[bytes]] = {}
    try:
        for place, part in found.items():
            descriptor = os.open(folder / part.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            streams[place] = os.fdopen(descriptor, "wb")
            streams[place].write(head_line(part) + b"\n")
        return await _read(consumer, found, streams, tell)
    finally:
        for stream in streams.values():
            stream.close()


async def _parts(settings: Settings, consumer: AIOKafkaConsumer) -> dict[TopicPartition, Part]:
    numbers = await _partitions(settings)
    places = {
        TopicPartition(settings.prefix + journal, number): (journal, number)
        for journal, all_of_it in numbers.items()
        for number in all_of_it
    }
    beginnings = await consumer.beginning_offsets(list(places))
    ends = await high_watermarks(settings, consumer, list(places))
    return {
        place: Part(journal, number, len(numbers[journal]), beginnings[place], ends[place])
        for place, (journal, number) in places.items()
    }


async def _partitions(settings: Settings) -> dict[str, list[int]]:
    found = await cluster.partitions(settings, JOURNALS)
    missing = [settings.prefix + journal for journal in JOURNALS if journal not in found]
    if missing:
        raise Unreadable(f"{settings.bootstrap} has no topic {', '.join(missing)}; `lianfang topics` makes them")
    return found


async def _read(
    consumer: AIOKafkaConsumer,
    found: Mapping[TopicPartition, Part],
    streams: Mapping[TopicPartition, IO[bytes]],
    tell: Tell,
) -> dict[Part, int]:
    counts = dict.fromkeys(found.values(), 0)
    unread = {place for place, part in found.items() if part.beginning < part.end}
    consumer.assign(list(unread))
    at = {place: found[place].beginning for place in unread}
    for place, offset in at.items():
        consumer.seek(place, offset)
    total = sum(part.end - part.beginning for part in found.values())
    while unread:
        async with asyncio.timeout(STALLED):
            before = dict(at)
            while at == before:
                for place, messages in (await consumer.getmany(*unread, timeout_ms=200)).items():
                    counts[found[place]] += _write(found[place], messages, streams[place])
                for place in unread:  # positions move over markers and aborted entries too
                    at[place] = await consumer.position(place)
        unread = {place for place in unread if at[place] < found[place].end}
        tell(sum(min(at[place], found[place].end) - found[place].beginning for place in at), total)
    return counts


def _write(part: Part, messages: Iterable[ConsumerRecord], stream: IO[bytes]) -> int:
    written = 0
    for message in messages:
        if message.offset < part.end:
            entry = Entry(
                part.journal, part.partition, message.offset, message.timestamp, message.key, message.value,
                headers_of(message.headers),
            )  # fmt: skip
            stream.write(entry_line(entry) + b"\n")
            written += 1
    return written
