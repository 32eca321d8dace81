"""The few choices of routing that the contract leaves open, as data: who is told of what, and when digests go out."""

from __future__ import annotations

from schemas.alerts import SEVERITY, Kind, Severity
from schemas.registry import ChannelKind, Role
from schemas.times import BEIJING, DAY, HOUR, MINUTE

DIGEST_AT = 8 * HOUR + 30 * MINUTE
"""Beijing time of day of the daily digest: before the day's visits, not at :00, and not when 20:00's gaps are told."""

SERVED = (ChannelKind.WECOM_ROBOT, ChannelKind.SMS)
"""Channels for which there is a bridge. Of a person's channels the first of these is chosen."""

AT_ONCE = frozenset({Kind.POSITIVE, Kind.STAFF_POSITIVE, Kind.UNCODED_GOODS})
"""Kinds whose begin is told when its record comes; everything else waits for the next tick."""

_NEAR = (Role.OWNER, Role.OFFICER, Role.GRID_WORKER)
_ROLES = {
    Severity.CRITICAL: (*_NEAR, Role.DUTY_DESK),
    Severity.WARNING: _NEAR,
    Severity.INFO: (Role.OFFICER, Role.DUTY_DESK),
}


def severity(kind: Kind) -> Severity:
    """How urgent a kind is."""
    return SEVERITY.get(kind, Severity.WARNING)


def roles(kind: Kind) -> tuple[Role, ...]:
    """The roles that are told of a kind."""
    return _ROLES[severity(kind)]


def critical(kind: Kind) -> bool:
    """Told first and alone."""
    return severity(kind) is Severity.CRITICAL


def digested(kind: Kind) -> bool:
    """Told in the daily digest only."""
    return severity(kind) is Severity.INFO


def next_digest(instant: int) -> int:
    """The first digest that is not before an instant."""
    midnight = (instant + BEIJING) // DAY * DAY - BEIJING
    today = midnight + DIGEST_AT
    return today if instant <= today else today + DAY
