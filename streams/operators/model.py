"""The rows of an operator: profile, pulse, lot, day, sample, staff. Each holds facts, and what was last said of it."""

from __future__ import annotations

from msgspec import field

from schemas.times import date_of
from streams.facts import Closes, Fact
from streams.identity import FORM as IDENTITY
from streams.identity import Identity
from streams.record_log import META, Meta
from streams.rows import Row
from streams.standing import Said

PROFILE, PULSE, LOT, DAY, SAMPLE, STAFF, EXPOSURE, CLOSES, FEED = (
    "profile", "pulse", "lot", "day", "sample", "staff", "exposure", "closes", "feed",
)  # fmt: skip

ACTIVITY = frozenset({"lot.uploaded", "papers.added", "goods.received", "goods.dispatched", "goods.sold"})
GOODS_SCANS = frozenset({"goods.received", "goods.dispatched", "goods.sold"})
OUTFLOW = frozenset({"goods.dispatched", "goods.sold"})
NOT_MENTIONING = frozenset(
    {
        "operator.registered", "account.activated", "staff.enrolled", "staff.left",
        "code.looked-up", "purchase.registered", "record.voided",
    }
)  # fmt: skip
"""Types whose naming an operator does not make it known to be at work: the registry's, shoppers' and voids."""


class Registration(Fact, frozen=True, array_like=True):
    """One version of what the registry says of an operator."""

    name: str
    county: str
    town: str
    grid: str
    office: str
    activated: bool
    trades: bool
    status: str

    @property
    def deals(self) -> bool:
        """Active and trading in the goods."""
        return self.trades and self.status == "active"


class Paper(Row, frozen=True, array_like=True):
    """A paper with a number, issued no later than it was brought. `expires_on` is empty where it does not expire."""

    kind: str
    expires_on: str


class Brought(Fact, frozen=True, array_like=True):
    """An upload, or papers added: what it brings to a lot. `goods` is empty for papers added."""

    goods: str
    papers: tuple[Paper, ...]
    code: bool


class Scan(Fact, frozen=True, array_like=True):
    """A goods scan. `supplied`: goods in, with a supplier named."""

    supplied: bool = False


class Test(Fact, frozen=True, array_like=True):
    """A sample of goods or of a surface."""

    on: str
    lot: str
    result: str
    hazard: str


class StaffSample(Row, frozen=True, array_like=True):
    """A sample of a staff member that was positive at some time. `positive`: its standing record, if that is so now."""

    sample: str
    named: int
    positive: Fact | None
    hazard: str


class Profile(Row, frozen=True, array_like=True):
    """Who the operator is."""

    registrations: tuple[Registration, ...] = ()
    activations: tuple[Fact, ...] = ()
    said: dict[str, Said] = field(default_factory=dict)


class Pulse(Row, frozen=True, array_like=True):
    """What every record of an operator touches: when it was last named, and at work.

    `recent`: the last records of activity by time, the very last first, of `active` ones in all; `settled`: the Beijing
    day of the last one that no void can reach any more. `mentions`: the earliest records that make an unknown operator
    known, `mentioned` how many there are. `impaired`: records on which a rule of ours raised.
    """

    named: int = 0
    active: int = 0
    recent: tuple[Fact, ...] = ()
    settled: str = ""
    mentions: tuple[Fact, ...] = ()
    mentioned: int = 0
    impaired: tuple[tuple[str, str], ...] = ()

    @property
    def last_active(self) -> str | None:
        """The Beijing day of the last activity."""
        return max([self.settled, *(date_of(item.time) for item in self.recent[:1])]) or None


class Lot(Row, frozen=True, array_like=True):
    """A lot in the hands of an operator. `mentions`: the last few records that named it and say nothing else here,
    `mentioned`: when those did that are no longer among them, `withdrawn`: when those did that count no more. 0: none.
    """

    brought: tuple[Brought, ...] = ()
    scans: tuple[Scan, ...] = ()
    named: int = 0
    said: dict[str, Said] = field(default_factory=dict)
    mentioned: int = 0
    withdrawn: int = 0
    mentions: tuple[Fact, ...] = ()


class Day(Row, frozen=True, array_like=True):
    """A Beijing day of an operator."""

    uncoded: tuple[Scan, ...] = ()
    disinfected: tuple[Fact, ...] = ()
    declared: tuple[Fact, ...] = ()
    named: int = 0
    said: dict[str, Said] = field(default_factory=dict)
    withdrawn: int = 0


class Sample(Row, frozen=True, array_like=True):
    """A sample of goods or of a surface, with all its results."""

    tests: tuple[Test, ...] = ()
    named: int = 0
    said: dict[str, Said] = field(default_factory=dict)
    withdrawn: int = 0


class Staff(Row, frozen=True, array_like=True):
    """A staff member with this operator. `last_sample` and `samples` come from the staff machine."""

    enrolled: tuple[Fact, ...] = ()
    left: tuple[Fact, ...] = ()
    last_sample: Fact | None = None
    samples: tuple[StaffSample, ...] = ()
    named: int = 0
    said: dict[str, Said] = field(default_factory=dict)


class Exposure(Row, frozen=True, array_like=True):
    """A sample of one of the operator's staff that was positive at some time. `staff`: whose sample it is.

    A row of its own because the alert is about the sample: two staff members may have given one the same name.
    """

    staff: tuple[str, ...] = ()
    named: int = 0
    said: dict[str, Said] = field(default_factory=dict)


class Feed(Row, frozen=True, array_like=True):
    """How far a feed has come, as the furthest of its records says; records of one feed may overtake each other."""

    complete_until: int


FORMS: dict[str, type[Row]] = {
    FEED: Feed,
    PROFILE: Profile,
    PULSE: Pulse,
    LOT: Lot,
    DAY: Day,
    SAMPLE: Sample,
    STAFF: Staff,
    EXPOSURE: Exposure,
    CLOSES: Closes,
    META: Meta,
    IDENTITY: Identity,
}
