"""Staff: the spells for which they work for an operator, and the tests they owe."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.times import date_of, format_instant, start_of
from streams.facts import Fact
from streams.operators.model import Staff
from streams.operators.rules.account import Account
from streams.parameters import Rules
from streams.standing import Case


@dataclass(frozen=True, slots=True)
class Spell:
    """Holds from `begin` until before `end`; `end` None: until now and on."""

    begin: int
    end: int | None
    enrolled: Fact

    def holds(self, instant: int) -> bool:
        """Whether it holds at an instant."""
        return self.begin <= instant and (self.end is None or instant < self.end)


def spells(row: Staff) -> list[Spell]:
    """Begun by an enrolment while there is none, ended by the next leaving, by time, at a tie by *later*."""
    found: list[Spell] = []
    began: Fact | None = None
    for item in sorted((*row.enrolled, *row.left), key=lambda fact: fact.in_time):
        if item.type == "staff.enrolled":
            began = began or item
        elif began is not None:
            if began.time < item.time:
                found.append(Spell(began.time, item.time, began))
            began = None
    if began is not None:
        found.append(Spell(began.time, None, began))
    return found


def test_overdue(name: str, row: Staff, account: Account, rules: Rules) -> Case | None:
    """A staff member of a dealing operator has not been tested for too long."""
    now = account.now
    today = date_of(now)
    every = rules.value("test_every", today)
    spell = next((item for item in spells(row) if item.holds(now)), None)
    if every is None or spell is None or account.dealing_since is None:
        return None
    cutoff, first_within = rules.values(("cutoff", "first_test_within"), today)
    dues = []
    if row.last_sample is not None and cutoff is not None:
        dues.append(start_of(date_of(row.last_sample.time)) + cutoff + every)
    if first_within is not None:
        dues += [spell.enrolled.recorded + first_within, account.dealing_since + first_within]
    if not dues:
        return None
    due = max(dues)
    facts = (spell.enrolled,) if row.last_sample is None else (spell.enrolled, row.last_sample)
    return Case(due, {"staff": name, "due": format_instant(due)}, facts, due=due)


def next_spell_change(row: Staff, now: int) -> int | None:
    """When a spell next begins or ends by itself."""
    moments = [item.time for item in (*row.enrolled, *row.left) if item.time > now]
    return min(moments, default=None)
