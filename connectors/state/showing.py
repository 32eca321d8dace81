"""An explanation as a person reads it, and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape

from schemas.alerts import PRIVATE
from schemas.times import format_instant
from streams.explanation import Condition, Explanation
from streams.facts import Fact

MOST_FACTS = 5


def show(found: Explanation, console: Console) -> None:
    """The conditions, one a line, each with the records that say so."""
    verdict = "[bold red]stands[/]" if found.stands else "[bold green]does not stand[/]"
    whose = escape(found.operator) or "nobody who is known"
    console.print(f"[bold]{found.kind}[/] of {whose} about {escape(found.subject)} {verdict}")
    for condition in found.conditions:
        mark = "[red]✔[/]" if condition.holds else "[green]✘[/]"
        console.print(f"  {mark} {escape(condition.said)}", highlight=False)
        for fact in condition.facts[:MOST_FACTS]:
            console.print(f"      [dim]{escape(_line(fact))}[/]", highlight=False)
        if len(condition.facts) > MOST_FACTS:
            console.print(f"      [dim]and {len(condition.facts) - MOST_FACTS} more[/]")
    if found.basis:
        console.print(f"  basis: {escape(found.basis)}", highlight=False)


def as_json(found: Explanation) -> dict[str, Any]:
    """The same, for a program."""
    return {
        "kind": found.kind,
        "operator": found.operator,
        "subject": found.subject,
        "private": found.kind in PRIVATE,
        "as_of": format_instant(found.now),
        "stands": found.stands,
        "due": format_instant(found.due) if found.due is not None else None,
        "until": format_instant(found.until) if found.until is not None else None,
        "basis": found.basis,
        "conditions": [_condition(item) for item in found.conditions],
    }


def _condition(item: Condition) -> dict[str, Any]:
    facts = [
        {"source": fact.source, "id": fact.id, "type": fact.type, "time": format_instant(fact.time)}
        for fact in item.facts
    ]
    return {"said": item.said, "holds": item.holds, "records": facts}


def _line(fact: Fact) -> str:
    return (
        f"{fact.type} {fact.source} {fact.id}, {format_instant(fact.time)} (recorded {format_instant(fact.recorded)})"
    )
