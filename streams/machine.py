"""What a flow's decision code looks like to whatever runs it: Faust agents on Kafka, or `replay --engine pure`.

A machine owns one partition of one journal. It is deterministic and synchronous: entry or tick in, outputs out, changed
rows in `rows`. It reads no clock, no Kafka, no Redis and logs nothing.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from schemas.reasons import Reason, Verdict
from streams.rows import Rows

ENTRY = "lianfang-entry"
"""Header that says what an entry of a journal is; see `Sort`."""
ORIGIN = "lianfang-origin"
"""Header of a journaled record: `topic/partition/offset` of the public record it is."""
RECORDED = "lianfang-recorded"
"""Header of a journaled record: its append time on the public topic, decimal milliseconds."""


class Sort(StrEnum):
    """What an entry of a journal is."""

    RECORD = "record"  # a public record, bytes and headers unchanged
    TICK = "tick"  # from the clock; value: decimal milliseconds
    SPELLS = "spells"  # operators → staff: an operator's spells with a staff member
    SAMPLES = "samples"  # staff → operators: what counts of a staff member's samples
    IMPAIRED = "impaired"  # staff → operators: a record of a staff member breaks our rules: {"operator", "staff"}
    ALERT = "alert"  # operators, staff → routing: a change of an alert
    FEED = "feed"  # clock → routing: a holding feed stands still, or moves again: {"feed", "complete_until", "since"},
    # milliseconds; `since` null: it moves again; `complete_until` null: it has never said anything


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One message of a journal (or of a public topic, for intake), as read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = {}


class Output(msgspec.Struct, frozen=True, gc=False):
    """One message to write in the same transaction. Topic names are without prefix; `partition` None: by the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


class Applied(msgspec.Struct, frozen=True):
    """What became of one entry. `verdict` None: an internal entry that no ledger of records counts."""

    outputs: Iterable[Output] = ()
    verdict: Verdict | None = None
    type: str = ""  # the record's type, "" if unknown: a label of the metric
    reason: Reason | None = None


class Ticking(Iterator[list[Output]]):
    """The slices of a tick that entries behind it may overtake: a tick with much to say holds nobody else up."""

    @abstractmethod
    def ahead(self, entry: Entry) -> list[Output] | None:
        """What the tick says of the subject of an entry, now and not in its turn; after that the entry may be applied,
        and it is as if it had come behind the whole tick. None: this one has to wait.
        """


class Machine(Protocol):
    """The decision code of one flow on one partition."""

    rows: Rows

    def resume(self, tick: int | None) -> None:
        """Called once, after the rows were loaded, with the last tick this partition has applied."""

    def apply(self, entry: Entry) -> Applied:
        """One entry that is not a tick. Must not change rows if it raises."""

    def tick(self, tick: int, entry: Entry) -> Iterator[list[Output]]:
        """One tick greater than the last, in slices: between two slices the runner may flush. Consumed to its end, with
        nothing applied meanwhile unless it is a `Ticking`.
        """

    def broken(self, entry: Entry, error: Exception) -> Applied:
        """`apply` raised: the record to `dead-letters` as `internal-error`, its operator impaired."""
