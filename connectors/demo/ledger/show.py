"""The ledger as a table that a person likes to read, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.demo.ledger.count import MOST_A_DAY, Row, Sums

SHOWN = 12
"""Lines of what is wrong, at most."""


def as_json(sums: Sums) -> dict[str, Any]:
    """All sums as plain values."""
    return {**asdict(sums), "lost": sums.lost, "wrong": sums.wrong, "clean": not sums.wrong}


def show(sums: Sums, console: Console) -> None:
    """Print it."""
    console.rule("[bold]Ledger, counted from the topics by a process of its own")
    console.print(_flows(sums))
    console.print(_kinds(sums))
    outcomes = ", ".join(f"{number:,} {name}" for name, number in sums.outcomes.items())
    console.print(Text(f"Messages: {sums.messages:,} on phones; of notices {outcomes}", style="bold"))
    console.print(_people(sums))
    console.print(_delays(sums))
    for title, lines in (
        ("missed", sums.missed),
        ("false", sums.false),
        ("doubled", sums.doubled),
        ("end wrong", sums.ends),
    ):
        for line in lines[:SHOWN]:
            console.print(Text(f"{title}: {line}", style="red"))
        if len(lines) > SHOWN:
            console.print(Text(f"{title}: and {len(lines) - SHOWN} more", style="red"))
    if sums.wrong:
        console.print(Text(f"NOT CLEAN: {'; '.join(sums.wrong)}", style="bold red"))
    else:
        rows = sums.kinds.values()
        text = f"CLEAN: {sum(row.planted for row in rows)} planted, all told; 0 missed, 0 false, 0 doubled, 0 lost"
        console.print(Text(text, style="bold green"))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2))
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _flows(sums: Sums) -> Table:
    table = _table("Records", "topic", "published", "= applied", "+ refused", "+ duplicate", "+ lost", "doubled")
    for topic, flow in sorted(sums.flows.items()):
        numbers = (flow.published, flow.applied, flow.refused, flow.duplicate, flow.lost, flow.doubled)
        table.add_row(topic, *(_number(number) for number in numbers))
    return table


def _kinds(sums: Sums) -> Table:
    table = _table("Gaps and positives", "kind", "planted", "told", "missed", "false", "ended since")
    whole = Row()
    for kind, row in sums.kinds.items():
        table.add_row(kind, *(_number(number) for number in asdict(row).values()))
        for name, number in asdict(row).items():
            setattr(whole, name, getattr(whole, name) + number)
    table.add_row("all", *(_number(number) for number in asdict(whole).values()), style="bold")
    return table


def _people(sums: Sums) -> Table:
    table = _table("", "to one person on a day", "person-days", "median", "p95", "most")
    for role, load in sums.a_day.items():
        over = role == "grid-worker" and load.p95 > MOST_A_DAY
        values = (load.n, load.p50, load.p95, load.most)
        table.add_row(role, *(_number(value) for value in values), style="red" if over else None)
    return table


def _delays(sums: Sums) -> Table:
    table = _table("Delays", "from → to", "number", "median", "p95", "most")
    for name, delay in sums.delays.items():
        table.add_row(name, *(_number(value) for value in (delay.n, delay.p50, delay.p95, delay.most)))
    return table
