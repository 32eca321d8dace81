"""Whether the store is there, and what it may be called in words: its URL without the password."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

ANSWER_WITHIN = 5


class NoStore(Exception):  # noqa: N818
    """The store does not answer; says which and what to do."""


def shown(url: str) -> str:
    """A URL without its password."""
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://…@{tail}" if at else url


def no_store(url: str, error: Exception) -> NoStore:
    """What is said of a store that failed."""
    where = "is Redis there, and is LIANFANG_REDIS (or --redis) its URL?"
    return NoStore(f"the store {shown(url)} does not answer: {error}\n{where}")


async def reach(url: str) -> None:
    """NoStore unless it answers."""
    try:
        client = Redis.from_url(url, socket_connect_timeout=ANSWER_WITHIN, socket_timeout=ANSWER_WITHIN)
        try:
            await client.ping()
        finally:
            await client.aclose()
    except (RedisError, OSError, ValueError) as error:
        raise no_store(url, error) from None
