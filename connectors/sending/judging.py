"""What intake would say of each message of some files, before anything is sent, and where it would have to go.

Intake's own judgement (`schemas.envelope.read`), and of identities what the files themselves show; what the
logs already hold is for the system to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from connectors.sending.files import Found
from schemas.envelope import REGISTRY, RESULTS, TYPES, UPLOADS, Record, Refused, read, recorded_time
from schemas.reasons import Reason

BY_SUBJECT = {"operator": UPLOADS, "staff": RESULTS, "person": REGISTRY, "topic": UPLOADS}
"""Where a void goes when nobody knows the record that it voids; which topic it is changes nothing."""


class Outcome(StrEnum):
    """What is said of one message."""

    GOOD = "good"  # intake would accept it
    SENT = "sent"
    REFUSED = "refused"
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
            topic = TYPES[refused.type][0] if refused.type else None
            kind, reason = refused.type, refused.reason
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
        identity, digest = _identity(record.log, record.source, record.id), bytes.fromhex(record.digest)
        seen = self._seen.get(identity)
        if seen is None:
            self._seen[identity] = (digest, found.where, TYPES[record.type][0])
            return judged
        if seen[0] == digest:
            return replace(judged, outcome=Outcome.DUPLICATE, message=f"the same record as {seen[1]}")
        said = f"id: the identity of {seen[1]}, with other content"
        return replace(judged, outcome=Outcome.REFUSED, reason=Reason.IDENTITY_REUSED, message=said)

    def _topic_of_voided(self, found: Found, record: Record) -> str:
        """A void goes where the record is that it voids: as the files say, or the user, or most likely."""
        if found.voids is not None:
            return TYPES[found.voids][0] or UPLOADS
        seen = self._seen.get(_identity(record.log, record.data.source, record.data.record))
        return (seen[2] if seen else None) or self.topic or BY_SUBJECT[record.log[0]]


def _identity(log: tuple[str, str], source: str, identity: str) -> bytes:
    return hashlib.blake2b("\x1f".join((*log, source, identity)).encode(), digest_size=12).digest()


IS_WRONG = frozenset({Outcome.REFUSED, Outcome.FAILED})
"""Outcomes with which a command ends 1."""
