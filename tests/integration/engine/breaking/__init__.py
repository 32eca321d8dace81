"""Ways to break a worker on purpose: patches of a test process; the product has no switch for any of them. `hazards`
and `deaths` hold what goes wrong in the world, `removals` what is taken out of the engine.

What happens once is a file in the folder `LIANFANG_TEST_BROKEN`; a test lays down files there too, to give the word.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

FOLDER = os.environ.pop("LIANFANG_TEST_BROKEN", "")


def once(name: str) -> bool:
    """Whether this is the first time, in all processes that share the folder."""
    try:
        Path(FOLDER, name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def die(name: str) -> None:
    """End the process like a kill, the first time."""
    if once(name):
        os._exit(70)


def told(name: str) -> bool:
    """Whether the test, or another process, has given this word."""
    return Path(FOLDER, name).exists()


def all_told(start: str) -> list[Path]:
    """All words that begin so."""
    return list(Path(FOLDER).glob(f"{start}*"))


async def until_told(name: str) -> None:
    """Wait for the word."""
    while not told(name):
        await asyncio.sleep(0.01)
