"""What an operator owes for each day: the disinfection of its premises."""

from __future__ import annotations

from functools import lru_cache

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
    if day <= date_of(account.first_recorded):
        return None
    end, cutoff = start_of(day_after(day)), start_of(day) + cutoff
    owed = not row.declared and not row.disinfected and account.now >= cutoff and account.dealing_from(cutoff)
    if not owed and account.now < end + kept:
        return None
    due = end + by
    registration = account.in_force
    return Case(
        since=due,
        detail={"day": day, "due": format_instant(due)},
        facts=(registration,) if registration else (),
        due=due,
        until=end + kept,
    )


@lru_cache(maxsize=64)  # all operators of a partition ask at the same tick
def days_in_question(now: int, rules: Rules) -> tuple[str, ...]:
    """Days, today first, that are not past the time for which a missing disinfection is told: each by its own value."""
    days: list[str] = []
    last = date_of(now)
    for entry in reversed(rules.content.parameters.day_kept):
        if entry.since > last:
            continue
        if entry.value is not None:
            first = date_of(max(start_of(entry.since), now - entry.value))  # of earlier days the time is over
            while last >= first:
                days.append(last)
                last = day_after(last, -1)
        last = day_after(entry.since, -1)
    return tuple(days)


@lru_cache(maxsize=64)
def next_day_due(now: int, rules: Rules) -> int | None:
    """When the disinfection of a day next falls due; where none is owed now, of the day from which one is again."""
    today = date_of(now)
    tomorrow = day_after(today)
    later = (entry.since for entry in rules.content.parameters.disinfection_by if entry.since > tomorrow)
    for day in (day_after(today, -1), today, tomorrow, *later):
        by = rules.value("disinfection_by", day)
        if by is not None and (due := start_of(day_after(day)) + by) > now:
            return due
    return None
