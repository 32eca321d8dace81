"""What each person is to be told of an alert: the difference between how it stands and what she was told of it.

Pure: an alert and its audience in, tellings and what is then known out. Never "an event came in": a begin that ended
before it was told makes no difference, so it is told to nobody, and the same change that comes twice is told once.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.notices import Change, Suppressed
from schemas.registry import Role
from streams.routing.audience import Audience
from streams.routing.model import Case, Lacking, Told

NOBODY = "nobody:"
"""What stands in `Told.person` for a role that nobody holds; a person's identifier may hold this too, so it is only
ever compared with others of its sort (`heard` False)."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One person is told one thing of one alert; or, with `reason`, is not."""

    person: str
    role: Role
    change: Change
    case: Case
    instead_of: tuple[Lacking, ...] = ()
    reason: Suppressed | None = None


def difference(case: Case, told: tuple[Told, ...], audience: Audience, *, first: bool) -> list[Telling]:
    """What is to be told of an alert now. `first`: the begin of this episode has not yet been told to all concerned."""
    if not case.firing:
        return _ends(case, told)
    heard = {item.person: item for item in told if item.heard}
    tellings = []
    for hearer in audience.hearers:
        before = heard.get(hearer.person)
        change = _change(case, before, first=first)
        if change is not None:
            tellings.append(Telling(hearer.person, hearer.role, change, case, hearer.instead_of))
    silenced = {(item.person, item.episode) for item in told if not item.heard}
    for lacking in audience.suppressed:
        if (silent_name(lacking), case.episode) not in silenced:
            change = Change.BEGINS if first else Change.STANDS
            tellings.append(Telling(lacking.person, lacking.role, change, case, (lacking,), lacking.reason))
    return tellings


def _change(case: Case, before: Told | None, *, first: bool) -> Change | None:
    if before is None:
        return Change.BEGINS if first else Change.STANDS
    if before.episode < case.episode:
        return Change.BEGINS
    return Change.GROWS if set(case.missing) - set(before.missing) else None


def _ends(case: Case, told: tuple[Told, ...]) -> list[Telling]:
    """An end is told to those who were told of the beginning, wherever the operator is registered now."""
    return [Telling(item.person, item.role, Change.ENDS, case) for item in told if item.heard]


def silent_name(lacking: Lacking) -> str:
    """Under what name a suppressed telling is remembered, so that it is suppressed and counted once an episode."""
    return lacking.person or f"{NOBODY}{lacking.role}"


def remembered(case: Case, told: tuple[Told, ...], telling: Telling) -> tuple[Told, ...]:
    """Who has been told what, after this telling."""
    heard = telling.reason is None
    name = telling.person if heard else silent_name(telling.instead_of[0])
    others = tuple(item for item in told if (item.person, item.heard) != (name, heard))
    if telling.change is Change.ENDS:
        return others
    new = Told(name, telling.role, case.episode, case.missing, heard)
    return tuple(sorted((*others, new), key=lambda item: item.person))


def settled(case: Case, told: tuple[Told, ...]) -> tuple[Told, ...]:
    """Who has been told what, once a tick has been worked off: what shrank has been seen, so that it can grow again."""
    if not case.firing:
        return ()
    return tuple(_seen(case, item) if item.episode == case.episode else item for item in told)


def _seen(case: Case, item: Told) -> Told:
    missing = tuple(name for name in item.missing if name in case.missing)
    return Told(item.person, item.role, item.episode, missing, item.heard)
