"""What intake would say of each message of some files, before anything is sent, and where it would have to go.

Intake's own judgement (`schemas.envelope.read`), and of identities what the files themselves show; what the
logs already hold is for the system to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum

import orjson

from connectors.sending.files import Found
from schemas.envelope import REGISTRY, TYPES, UPLOADS, Record, Refused, read, recorded_time
from schemas.reasons import Reason

ONE_TOPIC = {"person": REGISTRY}
"""Logs whose records are all on one topic, so that a void among them has no choice."""
UNPLACED = "nobody knows which topic it belongs on; name it with --topic"
UNPLACED_VOID = "the record that it voids is not in these files; name the topic of that record with --topic"


class Outcome(StrEnum):
    """What is said of one message."""

    GOOD = "good"  # intake would accept it
    SENT = "sent"
    REFUSED = "refused"
    UNPLACED = "unplaced"  # nobody knows on which topic; whoever sends it has to say
    DUPLICATE = "duplicate"  # the same record stands earlier in the files
    UNUSED = "unused"  # a valid EPCIS event that no rule can use
    FAILED = "failed"  # the broker did not take it


@dataclass(frozen=True, slots=True)
class Judged:
    """One message and what is said of it. `topic` None: nobody knows where it belongs."""

    found: Found
    outcome: Outcome
    topic: str | None = None
    type: str = ""
    id: str = ""
    key: bytes | None = None
    reason: Reason | None = None
    message: str = ""


@dataclass
class Judge:
    """Judges the messages of some files in order. `recorded` None: the `recordedtime` of each line."""

    goods: Collection[str]
    recorded: Callable[[], int] | None
    topic: str | None = None  # for voids of records that do not stand earlier in the files

    def __post_init__(self) -> None:
        self._seen: dict[bytes, tuple[bytes, str, str | None]] = {}  # identity → digest, where, topic

    def judge(self, found: Found) -> Judged:
        """What intake would say of a message that is recorded now, after those before it."""
        if found.unused is not None:
            return Judged(found, Outcome.UNUSED, message=found.unused)
        if found.refused is not None:
            return Judged(found, Outcome.REFUSED, reason=Reason.INVALID_DATA, message=found.refused)
        try:
            recorded = self.recorded() if self.recorded else recorded_time(found.value)
            record = read(found.value, {}, recorded=recorded, goods=self.goods)
        except Refused as refused:
            kind, reason = refused.type or _type(found.value), refused.reason
            topic = TYPES[kind][0] if kind in TYPES else None
            # a repository of EPCIS events holds years: what is too old for every rule is no fault of the document
            old = found.epcis and reason is Reason.TOO_OLD
            outcome = Outcome.UNUSED if old else Outcome.REFUSED
            return Judged(found, outcome, topic or self.topic, kind, reason=reason, message=refused.message)
        except ValueError as error:
            return Judged(found, Outcome.REFUSED, message=str(error))
        return self._accepted(found, record)

    def _accepted(self, found: Found, record: Record) -> Judged:
        home = TYPES[record.type][0] or self._topic_of_voided(found, record)
        judged = Judged(found, Outcome.GOOD, home, record.type, record.id, record.log[1].encode())
        if home is None:
            return replace(judged, outcome=Outcome.UNPLACED, message=UNPLACED_VOID)
        identity, digest = _identity(record.log, record.source, record.id), bytes.fromhex(record.digest)
        seen = self._seen.get(identity)
        if seen is None:
            self._seen[identity] = (digest, found.where, TYPES[record.type][0])
            return judged
        if seen[0] == digest:
            return replace(judged, outcome=Outcome.DUPLICATE, message=f"the same record as {seen[1]}")
        said = f"id: the identity of {seen[1]}, with other content"
        return replace(judged, outcome=Outcome.REFUSED, reason=Reason.IDENTITY_REUSED, message=said)

    def _topic_of_voided(self, found: Found, record: Record) -> str | None:
        """A void goes where the record is that it voids, as the files say, or the user; None where neither does."""
        if found.voids is not None:
            return TYPES[found.voids][0] or UPLOADS
        seen = self._seen.get(_identity(record.log, record.data.source, record.data.record))
        return (seen[2] if seen else None) or self.topic or ONE_TOPIC.get(record.log[0])


def _type(value: bytes) -> str:
    """What type a message says it is, whatever else is wrong with it."""
    try:
        tree = orjson.loads(value)
    except orjson.JSONDecodeError:
        return ""
    kind = tree.get("type") if isinstance(tree, dict) else None
    return kind if isinstance(kind, str) and kind in TYPES else ""


def _identity(log: tuple[str, str], source: str, identity: str) -> bytes:
    return hashlib.blake2b("\x1f".join((*log, source, identity)).encode(), digest_size=12).digest()


IS_WRONG = frozenset({Outcome.REFUSED, Outcome.UNPLACED, Outcome.FAILED})
"""Outcomes with which a command ends 1."""
