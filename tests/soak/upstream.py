"""An upstream that is killed in the middle of a transaction: `python -m tests.soak.upstream BOOTSTRAP PREFIX`, records
on standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

from aiokafka import AIOKafkaProducer

TIMEOUT_MS = 5_000


async def main(bootstrap: str, prefix: str) -> None:
    """Never returns."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id=f"{prefix}dying",
        transaction_timeout_ms=TIMEOUT_MS,
        request_timeout_ms=40_000,
    )
    await producer.start()
    await producer.begin_transaction()
    try:
        for record in json.load(sys.stdin):
            await producer.send_and_wait(prefix + record["topic"], record["value"].encode())
    finally:  # the broker may have aborted it before: then too it leaves an unfinished transaction behind
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
