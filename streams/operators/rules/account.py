"""The operator itself: its registration in force, whether it deals, and the three kinds about its account."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from schemas.times import date_of, day_after, format_instant, start_of
from streams.operators.model import Profile, Pulse, Registration
from streams.parameters import Rules
from streams.standing import Case, PlaceRow


class Account:
    """An operator as of an instant. A registration with a time ahead of it is not in force yet."""

    def __init__(self, profile: Profile, now: int) -> None:
        self.profile = profile
        self.now = now

    @cached_property
    def by_time(self) -> list[Registration]:
        """Those that came into force until now, by time, at a tie by *later*."""
        return sorted((item for item in self.profile.registrations if item.time <= self.now), key=lambda r: r.in_time)

    @cached_property
    def in_force(self) -> Registration | None:
        """The registration in force now."""
        return self.by_time[-1] if self.by_time else None

    @cached_property
    def place(self) -> PlaceRow | None:
        """county, town, grid, office of the registration in force."""
        reg = self.in_force
        return (reg.county, reg.town, reg.grid, reg.office) if reg else None

    @cached_property
    def name(self) -> str:
        """The operator's name, empty while unknown."""
        return self.in_force.name if self.in_force else ""

    @cached_property
    def active(self) -> bool:
        """Whether the status is active now."""
        return self.in_force is not None and self.in_force.status == "active"

    @cached_property
    def dealing_since(self) -> int | None:
        """The earliest instant from which the operator has been dealing until now; None if it does not deal now."""
        since = None
        following: int | None = None
        for reg in reversed(self.by_time):
            if reg.time == following:
                continue  # at a tie of time the later is in force, and the reversed order meets it first
            following = reg.time
            if not reg.deals:
                break
            since = reg.time
        return since

    @property
    def dealing(self) -> bool:
        """Whether the operator deals now."""
        return self.dealing_since is not None

    @cached_property
    def first_recorded(self) -> int | None:
        """The smallest *recorded* of the registrations, those ahead of now included."""
        return min((item.recorded for item in self.profile.registrations), default=None)

    def dealing_from(self, instant: int) -> bool:
        """Whether the operator was dealing at an instant and has been ever since."""
        return self.dealing_since is not None and self.dealing_since <= instant

    def next_registration(self) -> int | None:
        """When the next registration comes into force."""
        return min((item.time for item in self.profile.registrations if item.time > self.now), default=None)

    def passed_since(self, before: int) -> bool:
        """Whether a registration came into force after an earlier instant, until now."""
        return any(before < item.time <= self.now for item in self.profile.registrations)


def silent(account: Account, pulse: Pulse, declared: Callable[[str], bool], rules: Rules) -> Case | None:
    """A dealing operator of whom nothing was heard for some days that count."""
    today = date_of(account.now)
    days, cutoff = rules.values(("silent_after", "cutoff"), today)
    if days is None or cutoff is None or account.dealing_since is None or account.first_recorded is None:
        return None
    base = max(date_of(account.first_recorded), date_of(account.dealing_since), pulse.last_active or "")
    due = start_of(_nth_counting_day(base, days, declared)) + cutoff
    registration = account.in_force
    return Case(
        since=due,
        detail={"base": base, "due": format_instant(due)},
        facts=(registration,) if registration else (),
        basis=rules.basis("silent_after", today),
        due=due,
    )


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
    return Case(due, {"due": format_instant(due)}, (first,), rules.basis("activate_within", today), due=due)


def unknown_operator(account: Account, pulse: Pulse, rules: Rules) -> Case | None:
    """Records name an operator that nobody registered."""
    today = date_of(account.now)
    within = rules.value("known_within", today)
    if within is None or account.in_force is not None or not pulse.mentions:
        return None
    due = min(item.recorded for item in pulse.mentions) + within
    return Case(due, {"due": format_instant(due)}, pulse.mentions, rules.basis("known_within", today), due=due)
