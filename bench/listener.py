"""A process that reads topics as a read_committed consumer does and notes when each message could be read: for the
latency, beside the load and not in its event loop. `python -m bench.listener BOOTSTRAP FILE TOPIC…`; it ends when it is
killed.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from aiokafka import AIOKafkaConsumer

READY = "ready"
_ID = re.compile(rb'"(?:sample|lot)":"([^"]+)"')


async def main(bootstrap: str, file: TextIO, topics: list[str]) -> None:
    """For ever."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    for tp in consumer.assignment():
        await consumer.seek_to_end(tp)
        await consumer.position(tp)
    file.write(f"{READY}\n")
    while True:
        found = await consumer.getmany(timeout_ms=1000)
        now = time.time() * 1000
        for tp, messages in found.items():
            for message in messages:
                named = _ID.search(message.value or b"")
                file.write(f"{now:.1f} {message.timestamp} {tp.topic} {named[1].decode() if named else ''}\n")


@dataclass(frozen=True)
class Heard:
    """One message. Both times are milliseconds since 1970."""

    read: float
    written: int
    topic: str
    name: str  # of the sample or lot


def heard(path: Path) -> list[Heard]:
    """What a listener has noted so far."""
    lines = path.read_text(encoding="utf-8").split("\n")[1:-1]
    words = [line.split(" ", 3) for line in lines]
    return [Heard(float(read), int(written), topic, name) for read, written, topic, name in words]


def first_told(path: Path, topic: str) -> dict[str, Heard]:
    """By name the first message of one topic: an alert may be told again, with another place, say."""
    return {one.name: one for one in reversed(heard(path)) if one.topic == topic}


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w", encoding="utf-8", buffering=1) as notes:
        asyncio.run(main(sys.argv[1], notes, sys.argv[3:]))
