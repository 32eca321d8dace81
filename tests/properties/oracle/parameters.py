"""The contract's default parameters (section 3), transcribed a second time, and a rules file that says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

from schemas.times import DAY, HOUR, MINUTE, SECOND

REACH = 180 * DAY
"""How far voids, identities and corrections reach back, and after what silence a thing is forgotten."""

LAW, RELIEF = "2020-11-01", "2023-01-08"
"""The dates at which anything changes."""

OTHER = ("fruit", "chilled-meat", "chilled-aquatic", "other-food")
FROZEN = ("frozen-meat", "frozen-aquatic")
GOODS = (*OTHER, *FROZEN)


@dataclass(frozen=True)
class Parameters:
    """What holds on one date; None: none. Durations in milliseconds, times of the day since its midnight."""

    papers_within: int | None = None
    upload_within: int | None = None
    settle: int | None = None
    skew: int | None = None
    cutoff: int | None = None
    silent_after: int | None = None  # days
    activate_within: int | None = None
    known_within: int | None = None
    day_kept: int | None = None
    incident_kept: int | None = None
    condition_kept: int | None = None
    infectious: int | None = None
    disinfection_by: int | None = None  # of the next day
    test_every: int | None = None  # days
    first_test_within: int | None = None


def _in_force(disinfection_by: int | None, test_every: int | None) -> Parameters:
    return Parameters(
        papers_within=30 * SECOND,
        upload_within=24 * HOUR,
        settle=10 * MINUTE,
        skew=2 * MINUTE,
        cutoff=20 * HOUR,
        silent_after=3,
        activate_within=24 * HOUR,
        known_within=10 * MINUTE,
        day_kept=7 * DAY,
        incident_kept=30 * DAY,
        condition_kept=90 * DAY,
        infectious=14 * DAY,
        disinfection_by=disinfection_by,
        test_every=test_every,
        first_test_within=24 * HOUR,
    )


BEFORE_LAW = Parameters()
FROM_LAW = _in_force(disinfection_by=9 * HOUR, test_every=7)
FROM_RELIEF = _in_force(disinfection_by=None, test_every=None)

NAMES = tuple(field.name for field in fields(Parameters))
DAYS = ("silent_after", "test_every")
UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


@dataclass(frozen=True, eq=False)
class Book:
    """What holds from which date on, in order. Before the first date everything is none."""

    dated: tuple[tuple[str, Parameters], ...]

    @classmethod
    def of(cls, values: Mapping[str, Mapping[str, str]]) -> Book:
        """The defaults, but for some parameters all values as a rules file has them, each with its date."""
        dates = {LAW, RELIEF, *(date for dated in values.values() for date in dated)}
        return cls(tuple((date, _with(DEFAULTS.on(date), values, date)) for date in sorted(dates)))

    def dates(self) -> Iterator[str]:
        """The dates at which anything may change."""
        return (date for date, _ in self.dated)

    @lru_cache(maxsize=1024)  # noqa: B019 - few books
    def on(self, date: str) -> Parameters:
        """What holds on a Beijing date."""
        return next((found for since, found in reversed(self.dated) if since <= date), BEFORE_LAW)

    def longest_kept(self) -> int:
        """How many days back a day that is told may lie at most."""
        return max(found.day_kept or 0 for _, found in self.dated) // DAY + 1

    def another_value(self, kind: str, before: str, after: str) -> bool:
        """Whether a parameter of the kind has another value on one date than on the other."""
        old, new = self.on(before), self.on(after)
        return any(getattr(old, name) != getattr(new, name) for name in USES[kind])


DEFAULTS = Book(((LAW, FROM_LAW), (RELIEF, FROM_RELIEF)))


def _with(found: Parameters, values: Mapping[str, Mapping[str, str]], date: str) -> Parameters:
    said = {}
    for name, dated in values.items():
        texts = [dated[since] for since in sorted(dated) if since <= date]
        said[name] = _number(name, texts[-1]) if texts else None
    return Parameters(**{name: said.get(name, getattr(found, name)) for name in NAMES})


def _number(name: str, text: str) -> int | None:
    if text == "none":
        return None
    if name in DAYS:
        return int(text.removesuffix("d"))
    if ":" in text:
        hours, minutes = text.split(":")
        return int(hours) * HOUR + int(minutes) * MINUTE
    return int(text[:-1]) * UNITS[text[-1]]


def required(goods: str, first_upload: str) -> set[str]:
    """What a lot of a class needs whose first upload was on a date."""
    if first_upload < LAW:
        return set()
    if first_upload >= RELIEF:
        return {"quarantine", "trace-code"}
    if goods in FROZEN:
        return {"quarantine", "test", "disinfection", "trace-code"}
    return {"quarantine", "test", "trace-code"}


USES = {
    "papers-missing": ("papers_within", "condition_kept"),
    "not-on-chain": ("upload_within", "settle", "condition_kept"),
    "sold-early": ("skew", "settle", "incident_kept"),
    "silent": ("silent_after", "cutoff"),
    "test-overdue": ("cutoff", "test_every", "first_test_within"),
    "not-activated": ("activate_within",),
    "unknown-operator": ("known_within",),
    "staff-positive": ("infectious",),
    "positive": (),
    "uncoded-goods": (),  # of the day, which does not change
    "disinfection-missing": (),  # likewise
}
"""The parameters of a kind that go by the date of now."""
