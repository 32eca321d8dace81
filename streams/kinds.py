"""The one table of the kinds: the parameters each goes by on the date of now, and who may end it by word."""

from __future__ import annotations

from schemas.alerts import Kind
from schemas.times import date_of
from streams.parameters import Rules
from streams.standing import Case, Said

PARAMETERS: dict[Kind, tuple[str, ...]] = {
    Kind.POSITIVE: (),
    Kind.STAFF_POSITIVE: ("infectious",),
    Kind.UNCODED_GOODS: (),  # a day kind: its parameters go by its day and do not move with now
    Kind.PAPERS_MISSING: ("papers_within", "condition_kept"),
    Kind.NOT_ON_CHAIN: ("upload_within", "settle", "condition_kept"),
    Kind.SOLD_EARLY: ("skew", "settle", "incident_kept"),
    Kind.DISINFECTION_MISSING: (),  # a day kind
    Kind.SILENT: ("cutoff", "silent_after"),
    Kind.TEST_OVERDUE: ("cutoff", "test_every", "first_test_within"),
    Kind.NOT_ACTIVATED: ("activate_within",),
    Kind.UNKNOWN_OPERATOR: ("known_within",),
}

DAY_PARAMETERS: dict[Kind, tuple[str, ...]] = {
    Kind.UNCODED_GOODS: ("day_kept",),
    Kind.DISINFECTION_MISSING: ("cutoff", "disinfection_by", "day_kept"),
}
"""What the day kinds go by on their day."""

BASIS: dict[Kind, tuple[str, ...]] = {
    Kind.STAFF_POSITIVE: ("infectious",),
    Kind.NOT_ON_CHAIN: ("upload_within",),
    Kind.DISINFECTION_MISSING: ("disinfection_by",),
    Kind.SILENT: ("silent_after",),
    Kind.TEST_OVERDUE: ("test_every", "first_test_within"),
    Kind.NOT_ACTIVATED: ("activate_within",),
}
"""The parameters that stand in the kind's documents. `papers-missing` goes by what is required of the lot, and the
others have a basis of their own in the rules file."""

INCIDENTS = frozenset({Kind.POSITIVE, Kind.STAFF_POSITIVE, Kind.UNCODED_GOODS, Kind.SOLD_EARLY})
"""Kinds that an `alert.handled` with action `close` ends."""


def basis(kind: Kind, subject: str, about: Said | Case | None, today: str, rules: Rules) -> str:
    """The document and clause of a rule, for what stands and for what ended alike. `about`: the alert as it was last
    said, or would be.
    """
    if kind is Kind.PAPERS_MISSING:
        return rules.required_basis(about.detail["goods"], date_of(about.since)) if about else ""
    day = subject if kind in DAY_PARAMETERS else today
    if kind not in BASIS:
        return rules.ground(kind, day)
    return "；".join(dict.fromkeys(filter(None, (rules.basis(name, day) for name in BASIS[kind]))))


def moved(rules: Rules, before: int, now: int) -> frozenset[Kind]:
    """Kinds of which a parameter has another value on the date of now than on that of the tick before."""
    then, today = date_of(before), date_of(now)
    if then == today:
        return frozenset()
    return frozenset(
        kind for kind, names in PARAMETERS.items() if rules.values(names, then) != rules.values(names, today)
    )
