"""The operator itself: its registration in force, whether it deals, and the three kinds about its account."""

from __future__ import annotations

from collections.abc import Callable

from schemas.times import date_of, day_after, format_instant, start_of
from streams.facts import Fact
from streams.operators.model import Profile, Pulse, Registration
from streams.parameters import Rules
from streams.standing import Case, PlaceRow


class Account:
    """An operator as of an instant. A registration with a time ahead of it is not in force yet."""

    def __init__(self, profile: Profile, now: int) -> None:
        self.profile = profile
        self.now = now
        by_time = sorted((item for item in profile.registrations if item.time <= now), key=lambda reg: reg.in_time)
        self.in_force: Registration | None = by_time[-1] if by_time else None
        """The registration in force now: by time, at a tie by *later*, the last of those that came into force."""
        self.dealing_since: int | None = _dealing_since(by_time)
        """The earliest instant from which the operator has been dealing until now; None if it does not deal now."""
        self.first_recorded: int | None = min((item.recorded for item in profile.registrations), default=None)
        """The smallest *recorded* of the registrations, those ahead of now included."""
        reg = self.in_force
        self.place: PlaceRow | None = (reg.county, reg.town, reg.grid, reg.office) if reg else None
        """county, town, grid, office of the registration in force."""
        self.name: str = reg.name if reg else ""
        """The operator's name, empty while unknown."""
        self.active: bool = reg is not None and reg.status == "active"
        """Whether the status is active now."""

    @property
    def dealing(self) -> bool:
        """Whether the operator deals now."""
        return self.dealing_since is not None

    def dealing_from(self, instant: int) -> bool:
        """Whether the operator was dealing at an instant and has been ever since."""
        return self.dealing_since is not None and self.dealing_since <= instant

    def next_registration(self) -> int | None:
        """When the next registration comes into force."""
        return min((item.time for item in self.profile.registrations if item.time > self.now), default=None)

    def passed_since(self, before: int) -> bool:
        """Whether a registration came into force after an earlier instant, until now."""
        return any(before < item.time <= self.now for item in self.profile.registrations)


def _dealing_since(by_time: list[Registration]) -> int | None:
    since = following = None
    for reg in reversed(by_time):
        if reg.time == following:
            continue  # at a tie of time the later is in force, and the reversed order meets it first
        following = reg.time
        if not reg.deals:
            break
        since = reg.time
    return since


def silent(account: Account, pulse: Pulse, declared: Callable[[str], bool], rules: Rules) -> Case | None:
    """A dealing operator of whom nothing was heard for some days that count."""
    today = date_of(account.now)
    days, cutoff = rules.values(("silent_after", "cutoff"), today)
    if days is None or cutoff is None or account.dealing_since is None or account.first_recorded is None:
        return None
    base = max(date_of(account.first_recorded), date_of(account.dealing_since), pulse.last_active or "")
    due = start_of(_nth_counting_day(base, days, declared)) + cutoff
    registration = (account.in_force,) if account.in_force else ()
    facts: tuple[Fact, ...] = (*registration, *pulse.recent[:1])
    return Case(due, {"base": base, "due": format_instant(due)}, facts, due=due)


def _nth_counting_day(base: str, days: int, declared: Callable[[str], bool]) -> str:
    day = base
    while days:
        day = day_after(day)
        days -= not declared(day)
    return day


def not_activated(account: Account, rules: Rules) -> Case | None:
    """An active operator whose account on the chain nobody has put to use."""
    today = date_of(account.now)
    within = rules.value("activate_within", today)
    if within is None or not account.active or account.first_recorded is None:
        return None
    if account.profile.activations or any(item.activated for item in account.profile.registrations):
        return None
    due = account.first_recorded + within
    first = min(account.profile.registrations, key=lambda item: item.recorded)
    return Case(due, {"due": format_instant(due)}, (first,), due=due)


def unknown_operator(account: Account, pulse: Pulse, rules: Rules) -> Case | None:
    """Records name an operator that nobody registered."""
    today = date_of(account.now)
    within = rules.value("known_within", today)
    if within is None or account.in_force is not None or not pulse.mentions:
        return None
    due = min(item.recorded for item in pulse.mentions) + within
    return Case(due, {"due": format_instant(due)}, pulse.mentions, due=due)
