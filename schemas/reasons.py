"""Closed vocabularies: why a record was refused, what became of one, why a notice was not sent."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a record went to `dead-letters`; the first that applies, in this order."""

    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    NOT_CLOUDEVENT = "not-cloudevent"
    UNKNOWN_TYPE = "unknown-type"
    WRONG_TOPIC = "wrong-topic"
    INVALID_DATA = "invalid-data"
    FUTURE_TIME = "future-time"
    TOO_OLD = "too-old"
    IDENTITY_REUSED = "identity-reused"
    INTERNAL_ERROR = "internal-error"


class Verdict(StrEnum):
    """What became of a record; the ledger of a partition counts these, and they add up to what came in."""

    APPLIED = "applied"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
