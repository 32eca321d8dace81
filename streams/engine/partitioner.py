"""Which partition a key belongs to: murmur2 like Kafka's own default, so that what kcat or a Java producer sends by key
lands where we would put it. Pure.
"""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65536)
def partition_of(key: bytes, count: int) -> int:
    """The partition of a key among `count`."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % count
