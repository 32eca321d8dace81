"""The value on `alerts` and `alerts-private`: the present form of an alert, one message for each change."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any


class Kind(StrEnum):
    """The eleven kinds of alert."""

    POSITIVE = "positive"
    STAFF_POSITIVE = "staff-positive"
    UNCODED_GOODS = "uncoded-goods"
    PAPERS_MISSING = "papers-missing"
    NOT_ON_CHAIN = "not-on-chain"
    SOLD_EARLY = "sold-early"
    DISINFECTION_MISSING = "disinfection-missing"
    SILENT = "silent"
    TEST_OVERDUE = "test-overdue"
    NOT_ACTIVATED = "not-activated"
    UNKNOWN_OPERATOR = "unknown-operator"


class Severity(StrEnum):
    """How urgent; `info` is told in a daily digest only."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


SEVERITY: dict[Kind, Severity] = {
    Kind.POSITIVE: Severity.CRITICAL,
    Kind.STAFF_POSITIVE: Severity.CRITICAL,
    Kind.SILENT: Severity.INFO,
    Kind.NOT_ACTIVATED: Severity.INFO,
    Kind.UNKNOWN_OPERATOR: Severity.INFO,
}
"""Kinds not named here are warnings."""

PRIVATE = frozenset({Kind.STAFF_POSITIVE, Kind.TEST_OVERDUE})
"""Kinds that go to `alerts-private` and no group may read."""

ABSENCE = frozenset(
    {
        Kind.PAPERS_MISSING,
        Kind.NOT_ON_CHAIN,
        Kind.SOLD_EARLY,
        Kind.DISINFECTION_MISSING,
        Kind.SILENT,
        Kind.TEST_OVERDUE,
        Kind.NOT_ACTIVATED,
        Kind.UNKNOWN_OPERATOR,
    }
)
"""Kinds that say something is missing: told only at a tick, withheld while the operator is impaired."""


class Resolution(StrEnum):
    """Why an alert ended; the first that is true."""

    CLOSED = "closed"
    EXPIRED = "expired"
    VOID = "void"
    WORD = "word"
    RECORD = "record"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the operator is registered now."""

    county: str
    town: str
    grid: str
    office: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A record an alert rests on."""

    source: str
    id: str
    type: str
    time: str


@dataclass(frozen=True, slots=True)
class AsOf:
    """How far the log was read for this message."""

    tick: str | None
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One message of one alert. Times are UTC, RFC 3339, milliseconds, Z."""

    id: str
    kind: Kind
    severity: Severity
    operator: str
    subject: str
    status: str  # firing | resolved
    episode: int
    revision: int
    since: str
    changed_at: str
    resolved_by: Resolution | None
    place: Place | None
    detail: dict[str, Any]
    as_of: AsOf
    because: list[Reference]
    basis: str
    text: str
    drill: bool


@lru_cache(maxsize=65536)
def alert_id(kind: str, operator: str, subject: str) -> str:
    """26 characters of lower-case base32 of SHA-256: the same alert has the same id in every run."""
    digest = hashlib.sha256("\x1f".join((kind, operator, subject)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:26]
