"""How a process ends that can't go on. Crash-only: whatever is unexpected ends the process at once, and a fresh one
reads state and place from Kafka. There is no other error handling in this room, because a half-repaired process loses
records.
"""

from __future__ import annotations

import logging
import os
from typing import NoReturn

from streams import logs
from streams.kafka import words_of

DONE = 0
FAILED = 70
"""Something broke; whoever supervises the process starts it again."""
ALARM = 78
"""What is on Kafka does not fit this program: starting again can't help, a person must look."""

log = logs.get(__name__)


def leave(code: int) -> NoReturn:
    """End the process now: no handlers, no destructors, nothing that could still write."""
    logging.shutdown()
    os._exit(code)


def fail(why: str, error: BaseException | None = None, **ids: object) -> NoReturn:
    """Exit 70."""
    log.critical("process fails", why=why, error=_words(error), **ids, exc_info=error)
    leave(FAILED)


def alarm(why: str, **ids: object) -> NoReturn:
    """Exit 78."""
    log.critical("process stops for good", why=why, **ids)
    leave(ALARM)


def _words(error: BaseException | None) -> str | None:
    return None if error is None else words_of(error)
