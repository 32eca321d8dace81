"""The rows of a staff member: samples, and the spells with every operator, as the operators' machines say."""

from __future__ import annotations

from msgspec import field

from streams.facts import Closes, Fact
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.record_log import META, Meta
from streams.rows import Row
from streams.standing import Said

MEMBER, UNREAD, UNCLAIMED, CLOSES = "member", "unread", "unclaimed", "closes"


class StaffTest(Fact, frozen=True, array_like=True):
    """One result of a sample of a staff member."""

    sample: str
    result: str
    hazard: str


class Employer(Row, frozen=True, array_like=True):
    """An operator, and the spells with it: begin, and end (None: until now and on)."""

    spells: tuple[tuple[int, int | None], ...]


class Member(Row, frozen=True, array_like=True):
    """A staff member. `named`: when a record last named them."""

    tests: tuple[StaffTest, ...] = ()
    employers: dict[str, Employer] = field(default_factory=dict)
    named: int = 0


class Unread(Row, frozen=True, array_like=True):
    """What our own rules broke on of a staff member: (source, id) of records, and ("", operator, place in the journal)
    where it was what that operator's machine said last. Only as long as something waits.
    """

    marks: tuple[tuple[str, ...], ...]


class Unclaimed(Row, frozen=True, array_like=True):
    """A sample that was positive at some time. `staff`: whose; `said`: the alert that it has without operator.

    Two staff members may have given a sample the same name. They share an alert only if they share a partition.
    """

    staff: tuple[str, ...] = ()
    named: int = 0
    said: Said | None = None


FORMS: dict[str, type[Row]] = {
    MEMBER: Member,
    UNREAD: Unread,
    UNCLAIMED: Unclaimed,
    CLOSES: Closes,
    META: Meta,
    IDENTITY: Identity,
}
