"""What an explanation of an alert consists of, whoever gives it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.alerts import Kind
from streams.facts import Fact
from streams.kinds import DAY_PARAMETERS, PARAMETERS
from streams.parameters import Rules


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a kind: what is asked, whether it holds, and the facts that say so."""

    said: str
    holds: bool
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All conditions of one alert. `stands`: as the rules say, at the tick `now`."""

    kind: Kind
    operator: str
    subject: str
    now: int
    stands: bool
    conditions: tuple[Condition, ...]
    due: int | None
    until: int | None
    basis: str


def in_use(kind: Kind, subject: str, today: str, rules: Rules) -> Condition:
    """Whether the rules file has what the kind needs, on the day that counts."""
    names = DAY_PARAMETERS.get(kind, PARAMETERS[kind])
    if kind is Kind.TEST_OVERDUE:
        names = ("test_every",)
    day = subject if kind in DAY_PARAMETERS else today
    values = dict(zip(names, rules.values(names, day), strict=True))
    off = [name for name, value in values.items() if value is None]
    said = f"the kind is in use on {day}" + (f" (the rules file says none for {', '.join(off)})" if off else "")
    return Condition(said, not off)
