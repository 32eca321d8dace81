"""One HTTP call and what can be known of it: answered, surely not accepted, or unknown. For all providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from connectors.bridges.model import Answer, Job
from schemas.notices import Outcome
from schemas.times import MINUTE, SECOND

PATIENCE = aiohttp.ClientTimeout(total=10, connect=5)
NOW = "x-sandbox-now"
"""Header sent where time is simulated, to the sandbox only: the time it is."""
_FIRST, _LONGEST = 2 * SECOND, 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer came: its status, and its JSON (None if it is none)."""

    status: int
    body: Any


def backoff(job: Job, first: int = _FIRST) -> int:
    """Milliseconds before the next attempt: doubled each time."""
    doublings: int = max(0, min(job.attempt - 1, 12))
    return min(_LONGEST, first << doublings) if first < _LONGEST else first


async def call(request: Any, job: Job) -> Reply | Answer:
    """Carry out a request (what `session.post(…)` gives). An Answer where there is no reply to judge.

    Before a connection stands nothing can have been accepted. After that a call that breaks off is unknown; a status
    of 429 or 5xx is the provider's own word that it did not accept.
    """
    try:
        async with request as response:
            if response.status == 429 or response.status >= 500:
                return Answer(Outcome.RETRY_LATER, f"HTTP {response.status}", after=backoff(job))
            try:
                return Reply(response.status, await response.json(content_type=None))
            except ValueError:
                return Answer(Outcome.UNKNOWN, f"HTTP {response.status}, no JSON")
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        return Answer(Outcome.RETRY_LATER, type(error).__name__, after=backoff(job))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Answer(Outcome.UNKNOWN, type(error).__name__)
