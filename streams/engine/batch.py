"""One fetched batch of one partition, which is one Faust message, and the chain of custody it is a link of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.structs import TopicPartition


@dataclass(eq=False)
class Chain:
    """One ownership of partitions, from seek to loss. Its identity is what counts: a batch belongs to it or not.

    `assignment` is aiokafka's object for it, which is new after every rebalance even if the partitions are the same.
    `delivered`: end of the last batch handed out; touched in the consumer's thread only.
    """

    assignment: object
    delivered: dict[TopicPartition, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """All that a fetch brought between two positions. `records` may be empty: transaction markers, aborted records and
    compaction move a position too, and whoever waits for the end of the log waits for them.
    """

    tp: TopicPartition  # with prefix
    chain: Chain
    start: int
    end: int
    records: Sequence[Any]  # aiokafka's ConsumerRecord
