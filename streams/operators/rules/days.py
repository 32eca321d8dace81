"""What an operator owes for each day: the disinfection of its premises."""

from __future__ import annotations

from schemas.times import date_of, day_after, format_instant, start_of
from streams.operators.model import Day
from streams.operators.rules.account import Account
from streams.parameters import Rules
from streams.standing import Case


def disinfection_missing(day: str, row: Day, account: Account, rules: Rules) -> Case | None:
    """The operator dealt at the day's cutoff and ever since, did not declare the day, and disinfected nothing on it."""
    cutoff, by, kept = rules.values(("cutoff", "disinfection_by", "day_kept"), day)
    if cutoff is None or by is None or kept is None or account.first_recorded is None:
        return None
    if row.declared or row.disinfected or day <= date_of(account.first_recorded):
        return None
    if account.now < start_of(day) + cutoff or not account.dealing_from(start_of(day) + cutoff):
        return None
    due = start_of(day_after(day)) + by
    registration = account.in_force
    return Case(
        since=due,
        detail={"day": day, "due": format_instant(due)},
        facts=(registration,) if registration else (),
        due=due,
        until=start_of(day_after(day)) + kept,
    )


def days_in_question(now: int, rules: Rules) -> list[str]:
    """Days of which a disinfection may be missing now: due, and not past the time for which it is told."""
    days: list[str] = []
    day = date_of(now)
    while True:
        kept = rules.value("day_kept", day)
        if kept is None or now >= start_of(day_after(day)) + kept:
            return days
        days.append(day)
        day = day_after(day, -1)


def next_day_due(now: int, rules: Rules) -> int | None:
    """When the disinfection of the next day falls due."""
    today = date_of(now)
    for day in (day_after(today, -1), today):
        by = rules.value("disinfection_by", day)
        if by is not None and (due := start_of(day_after(day)) + by) > now:
            return due
    return None
