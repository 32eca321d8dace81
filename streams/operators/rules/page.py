"""The page `docs/rules.md`, from the rules themselves: what each kind is about, when it stands, what it goes by, since
when and on which basis. Made with `python -m streams.operators.rules.page`; a test compares.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

from schemas.alerts import PRIVATE, SEVERITY, Kind, Severity
from schemas.times import DAY, HOUR, MINUTE, SECOND
from streams.kinds import BASIS, DAY_PARAMETERS, INCIDENTS, PARAMETERS
from streams.operators.rules import account, days, goods, papers, positives, staff
from streams.parameters import Rules

ABOUT: dict[Kind, tuple[Callable[..., Any], str]] = {
    Kind.POSITIVE: (positives.positive, "sample"),
    Kind.STAFF_POSITIVE: (positives.staff_positive, "sample"),
    Kind.UNCODED_GOODS: (goods.uncoded_goods, "day"),
    Kind.PAPERS_MISSING: (papers.papers_missing, "lot"),
    Kind.NOT_ON_CHAIN: (goods.not_on_chain, "lot"),
    Kind.SOLD_EARLY: (goods.sold_early, "lot"),
    Kind.DISINFECTION_MISSING: (days.disinfection_missing, "day"),
    Kind.SILENT: (account.silent, "operator"),
    Kind.TEST_OVERDUE: (staff.test_overdue, "staff"),
    Kind.NOT_ACTIVATED: (account.not_activated, "operator"),
    Kind.UNKNOWN_OPERATOR: (account.unknown_operator, "operator"),
}
"""Kind → its rule and what it is about."""
AT_ONCE = frozenset({Kind.POSITIVE, Kind.STAFF_POSITIVE, Kind.UNCODED_GOODS})
TIMES_OF_DAY = frozenset({"cutoff", "disinfection_by"})
COUNTS = frozenset({"silent_after"})
HEAD = """# The rules

Made from the rules and the rules file by `python -m streams.operators.rules.page`; `streams/rules.yaml` holds every
value with its date and basis, and what the words mean is said where the rules are, in `streams/operators/rules/`.

What is there is told at once; what is missing is told only at a tick. Whatever stands is derived from the records and
the last tick alone: a late record, a void or a correction moves it as if it had come in time. Days are Beijing days.
"""


def page(rules: Rules) -> str:
    """The whole page, Markdown."""
    parts = [HEAD, *_required(rules)]
    for kind in Kind:
        parts += _kind(kind, rules)
    return "\n".join(parts)


def _required(rules: Rules) -> Iterator[str]:
    yield "## What is required of a lot\n"
    yield "By its class and the day of its first upload.\n"
    yield "| goods | from | required | basis |"
    yield "|---|---|---|---|"
    for name, entries in rules.content.goods.items():
        for entry in entries:
            yield f"| `{name}` | {entry.since} | {', '.join(entry.required) or 'nothing'} | {entry.basis} |"
    yield ""


def _kind(kind: Kind, rules: Rules) -> Iterator[str]:
    rule, subject = ABOUT[kind]
    severity = SEVERITY.get(kind, Severity.WARNING)
    traits = [
        severity.value,
        f"about one {subject}",
        "told at once" if kind in AT_ONCE else "told at the first tick at which it is due",
        *(["ends by a close, too"] if kind in INCIDENTS else []),
        *(["private"] if kind in PRIVATE else []),
    ]
    yield f"## {kind}\n"
    yield f"{inspect.getdoc(rule)}\n"
    yield f"*{'; '.join(traits)}.*\n"
    yield from _basis(kind, rules)
    names = DAY_PARAMETERS.get(kind, PARAMETERS[kind])
    if not names:
        yield "No parameters.\n"
        return
    yield f"By the date of {'its day' if kind in DAY_PARAMETERS else 'the last tick'}:\n"
    yield "| parameter | from | value | basis |"
    yield "|---|---|---|---|"
    for name in names:
        for entry in getattr(rules.content.parameters, name):
            yield f"| `{name}` | {entry.since} | {_value(name, entry.value)} | {entry.basis} |"
    yield ""


def _basis(kind: Kind, rules: Rules) -> Iterator[str]:
    if kind is Kind.PAPERS_MISSING:
        yield "Basis: that of what is required of the lot.\n"
    elif kind in BASIS:
        yield f"Basis: that of {' and '.join(f'`{name}`' for name in BASIS[kind])}.\n"
    else:
        for entry in rules.content.kinds[kind]:  # type: ignore[index]
            yield f"Basis from {entry.since}: {entry.basis}\n"


def _value(name: str, value: int | None) -> str:
    if value is None:
        return "none: the kind is off"
    if name in COUNTS:
        return str(value)
    if name in TIMES_OF_DAY:
        return f"{value // HOUR:02d}:{value % HOUR // MINUTE:02d}"
    units = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND))
    unit, length = next((unit, length) for unit, length in units if value % length == 0 and value > length)
    return f"{value // length} {unit}"


if __name__ == "__main__":
    sys.stdout.write(page(Rules.load()))
