"""What a bridge remembers of each notice: the row, and what a provider's answer means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.notices import Outcome
from schemas.times import DAY
from streams.rows import Row, row_key

KEPT = 3 * DAY
"""How long a finished notice is remembered: for receipts that come late, and notices that come twice."""
GIVE_UP = DAY
"""After so long a notice is no news any more: what still can't be sent has failed for good."""
GAVE_UP = "gave-up"


class State(StrEnum):
    """Where a notice is."""

    QUEUED = "queued"
    SUBMITTED = "submitted"  # the intent is committed; the provider may or may not have it
    DONE = "done"


class Job(Row, frozen=True, array_like=True):
    """One notice on its way. `notice` is its JSON, "" once it is done. Instants in milliseconds."""

    id: str
    recipient: str
    address: str
    critical: bool
    drill: bool
    made_at: int
    changed_at: int
    order: int  # its offset: of equals the earlier goes first
    notice: str
    parts: int
    state: State = State.QUEUED
    part: int = 0  # parts that were accepted
    attempt: int = 0
    repeated: bool = False  # it is sent again although the provider may have it: marked 重发
    not_before: int = 0
    submitted_at: int = 0
    provider_id: str = ""
    delivered: bool = False


FORMS: dict[str, type[Row]] = {"job": Job}


def job_key(notice: str) -> str:
    """The row of a notice."""
    return row_key("job", notice)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known after a call. `after`: milliseconds before it may be tried again, for `retry-later`; `block`: the
    same holds for everything to this address."""

    outcome: Outcome
    code: str | None = None
    provider_id: str = ""
    after: int = 0
    block: bool = False
