"""The one table of the kinds: the parameters each goes by on the date of now, and who may end it by word."""

from __future__ import annotations

from schemas.alerts import Kind
from schemas.times import date_of
from streams.parameters import Rules

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

INCIDENTS = frozenset({Kind.POSITIVE, Kind.STAFF_POSITIVE, Kind.UNCODED_GOODS, Kind.SOLD_EARLY})
"""Kinds that an `alert.handled` with action `close` ends."""


def moved(rules: Rules, before: int, now: int) -> frozenset[Kind]:
    """Kinds of which a parameter has another value on the date of now than on that of the tick before."""
    then, today = date_of(before), date_of(now)
    if then == today:
        return frozenset()
    return frozenset(
        kind for kind, names in PARAMETERS.items() if rules.values(names, then) != rules.values(names, today)
    )
