"""The contract's terms (section 3): now, in force, dealing, covered, missing, spells, a sample's standing result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.identifiers import is_blank
from schemas.times import date_of, start_of
from tests.properties.oracle.log import Fact
from tests.properties.oracle.parameters import Book, Parameters, required

SCANS = ("goods.received", "goods.dispatched", "goods.sold")
OUTFLOW = ("goods.dispatched", "goods.sold")
ACTIVITY = ("lot.uploaded", "papers.added", *SCANS)


@dataclass
class Now:
    """An instant, and the earliest later one at which an answer that was given would change."""

    instant: int
    book: Book
    changes: int | None = field(default=None)

    def reached(self, instant: int) -> bool:
        """Whether an instant is now or past."""
        if instant <= self.instant:
            return True
        if self.changes is None or instant < self.changes:
            self.changes = instant
        return False

    def parameters(self) -> Parameters:
        """What holds on the date of now."""
        for date in self.book.dates():
            self.reached(start_of(date))
        return self.book.on(date_of(self.instant))


@dataclass(frozen=True)
class Registrations:
    """An operator's registrations as far as now: one for each time, the later of a tie."""

    versions: list[Fact]

    @classmethod
    def of(cls, facts: Iterable[Fact], now: Now) -> Registrations:
        """From an operator's facts."""
        found: dict[int, Fact] = {}
        for fact in sorted(facts, key=lambda fact: fact.later):
            if fact.record.type == "operator.registered" and now.reached(fact.record.time):
                found[fact.record.time] = fact
        return cls([found[time] for time in sorted(found)])

    def in_force(self) -> Any:
        """The data of the registration in force now, or None."""
        return self.versions[-1].record.data if self.versions else None

    def dealing(self) -> bool:
        """Whether the operator deals now."""
        return bool(self.versions) and _deals(self.versions[-1])

    def dealing_since(self) -> int:
        """For one that deals now: since when without a break."""
        since = self.versions[-1].record.time
        for version in reversed(self.versions):
            if not _deals(version):
                break
            since = version.record.time
        return since

    def place(self) -> dict[str, str] | None:
        """Of the registration in force now."""
        data = self.in_force()
        if data is None:
            return None
        return {"county": data.county, "town": data.town, "grid": data.grid, "office": data.office}


def _deals(version: Fact) -> bool:
    data = version.record.data
    return data.status == "active" and data.trades is True


@dataclass(frozen=True)
class Lot:
    """What an operator recorded about a lot."""

    name: str
    facts: list[Fact]

    def of(self, *types: str) -> list[Fact]:
        """Facts of some types."""
        return [fact for fact in self.facts if fact.record.type in types]

    @property
    def uploads(self) -> list[Fact]:
        """The uploads."""
        return self.of("lot.uploaded")

    def first_upload(self) -> int:
        """`time` of the first upload."""
        return min(fact.record.time for fact in self.uploads)

    def goods(self) -> str:
        """The class, by the upload with the greatest time."""
        return str(max(self.uploads, key=lambda fact: (fact.record.time, fact.later)).record.data.goods)

    def covered(self, at: int | None = None) -> bool:
        """Uploaded, or received with a supplier named, until then (None: ever)."""
        return any(
            fact.record.type == "lot.uploaded"
            or (fact.record.type == "goods.received" and not is_blank(fact.record.data.supplier))
            for fact in self.facts
            if at is None or fact.record.time <= at
        )

    def missing(self, at: int | None = None) -> list[str]:
        """What is required and was not brought until then (None: ever). Only of a lot that was uploaded."""
        first = date_of(self.first_upload())
        missing = required(self.goods(), first)
        for fact in self.of("lot.uploaded", "papers.added"):
            if at is not None and fact.record.time > at:
                continue
            if not is_blank(fact.record.data.trace_code):
                missing -= {"trace-code"}
            for paper in fact.record.data.papers or []:
                if (
                    not is_blank(paper.number)
                    and paper.issued_on <= date_of(fact.record.time)
                    and (paper.expires_on is None or paper.expires_on >= first)
                ):
                    missing -= {str(paper.kind)}
        return sorted(missing)


@dataclass(frozen=True)
class Spell:
    """A staff member's time with an operator: from `begin` until before `end`."""

    operator: str
    staff: str
    began: Fact
    end: int | None

    @property
    def begin(self) -> int:
        """The instant."""
        return self.began.record.time

    def overlaps(self, begin: int, end: int) -> bool:
        """Whether it has an instant in common with [begin, end]."""
        if self.end is not None and (self.end <= self.begin or self.end <= begin):
            return False
        return self.begin <= end

    def holds(self, now: Now) -> bool:
        """Whether it holds now."""
        return now.reached(self.begin) and (self.end is None or not now.reached(self.end))


def spells(operator: str, facts: Iterable[Fact]) -> list[Spell]:
    """All spells of all staff with an operator."""
    found: list[Spell] = []
    begun: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda fact: (fact.record.time, fact.later)):
        if fact.record.type == "staff.enrolled":
            begun.setdefault(fact.record.data.staff, fact)
        elif fact.record.type == "staff.left" and fact.record.data.staff in begun:
            staff = fact.record.data.staff
            found.append(Spell(operator, staff, begun.pop(staff), fact.record.time))
    return found + [Spell(operator, staff, began, None) for staff, began in begun.items()]


def standing_result(facts: Iterable[Fact]) -> Fact:
    """Of the records of one sample: the latest positive or negative one, else the latest."""
    found = sorted(facts, key=lambda fact: fact.later)
    decided = [fact for fact in found if fact.record.data.result in ("positive", "negative")]
    return (decided or found)[-1]


def by_sample(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """The records of a log's samples."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.record.type == "sample.tested":
            found.setdefault(fact.record.data.sample, []).append(fact)
    return found
