"""The contract's default parameters (section 3), transcribed a second time."""

from __future__ import annotations

from dataclasses import dataclass

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


def parameters(date: str) -> Parameters:
    """What holds on a Beijing date."""
    if date >= RELIEF:
        return FROM_RELIEF
    return FROM_LAW if date >= LAW else BEFORE_LAW


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


def another_value(kind: str, before: str, after: str) -> bool:
    """Whether a parameter of the kind has another value on one date than on the other."""
    old, new = parameters(before), parameters(after)
    return any(getattr(old, name) != getattr(new, name) for name in USES[kind])
