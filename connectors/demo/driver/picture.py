"""Draws the live picture from the state, for rich: good from 100 columns by 40 lines. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from connectors.demo.driver.state import Message, State, clock_time, when
from schemas.alerts import SEVERITY, Kind, Severity
from schemas.times import date_of

_COLOURS = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_CHANNELS = {"wecom": ("企业微信", "green"), "sms": ("短信", "blue")}
_MARKS = ("**", "> ", '<font color="warning">', '<font color="info">', '<font color="comment">', "</font>", "# ")
_HEAD, _EVENTS = 3, 7


class Picture:
    """The whole screen. `towns`: code → name."""

    def __init__(self, state: State, towns: Mapping[str, str]) -> None:
        self._state = state
        self._towns = towns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = options.height or console.height
        tables = len(Kind) + 4
        layout = Layout()
        layout.split_column(
            Layout(self._head(), size=_HEAD),
            Layout(name="tables", size=tables),
            Layout(self._phones(max(height - _HEAD - tables - _EVENTS, 4), console.width), name="phones"),
            Layout(self._events(), size=_EVENTS),
        )
        layout["tables"].split_row(Layout(self._kinds()), Layout(self._by_town()))
        yield from console.render(layout, options.update(height=height))

    def _head(self) -> RenderableType:
        state = self._state
        line = Text.assemble(
            ("联防 lianfang demo  ", "bold"),
            (f"day {state.day} of {state.days}  ", "bold"),
            (f"{when(state.now)} Beijing  ", "bold cyan"),
            f"{state.rate:,.0f} records/s  {state.published:,} of {state.records:,}  {state.messages:,} messages",
        )
        clock = Text("clock: ")
        if state.held_by is not None:
            since = clock_time(state.held_since) if state.held_since is not None else "ever"
            clock.append(f"waits for feed {state.held_by}, which stands still since {since}", "bold red")
        else:
            away = [name for name, is_now in state.workers.items() if is_now == "away"]
            clock.append(
                f"waits for {', '.join(away)}" if away and state.waiting else "goes", "red" if away else "green"
            )
        clock.append(f"   {time.monotonic() - state.began:.0f} s so far", "dim")
        rows = Table.grid(expand=True)
        for row in (line, ProgressBar(total=1.0, completed=state.share), clock):
            rows.add_row(row)
        return rows

    def _kinds(self) -> RenderableType:
        table = Table(expand=True, box=None, padding=(0, 1))
        table.add_column("kind", no_wrap=True, min_width=len(Kind.DISINFECTION_MISSING))
        for column in ("standing", "begun", "ended"):
            table.add_column(column, justify="right")
        for kind in Kind:
            tally = self._state.kinds[kind.value]
            colour = _COLOURS[SEVERITY.get(kind, Severity.WARNING)] if tally.standing else "dim"
            table.add_row(
                Text(kind.value, colour), Text(str(tally.standing), colour), str(tally.begun), str(tally.ended)
            )
        totals = self._state.totals()
        begun, ended = totals["begun"], totals["ended"]
        table.add_row("all", str(begun - ended), str(begun), str(ended), style="bold")
        return Panel(table, title="alerts by kind")

    def _by_town(self) -> RenderableType:
        table = Table(expand=True, box=None, padding=(0, 1), show_header=True)
        for _ in range(2):
            table.add_column("town")
            table.add_column("now", justify="right")
            table.add_column("all", justify="right")
        codes = list(self._towns)
        half = (len(codes) + 1) // 2
        for row in range(half):
            cells: list[RenderableType] = []
            for code in codes[row::half]:
                tally = self._state.towns.get(code)
                now, begun = (tally.standing, tally.begun) if tally else (0, 0)
                style = "bold yellow" if now >= 3 else "yellow" if now else "dim"
                cells += [Text(self._towns[code], style), Text(str(now), style), Text(str(begun), "dim")]
            table.add_row(*cells)
        return Panel(table, title="alerts by town: standing now, all so far")

    def _phones(self, height: int, width: int) -> RenderableType:
        """The last messages as people see them, newest first, as many as there is room for; equal ones once."""
        lines: list[Text] = []
        equal: dict[str, list[Message]] = {}
        for message in reversed(self._state.recent):
            equal.setdefault(message.body, []).append(message)
        for first, *others in equal.values():
            shown = _phone(first, len(others), width - 4)
            if len(lines) + len(shown) > height - 2:
                break
            lines += shown
        return Panel(Group(*lines), title="on the phones")

    def _events(self) -> RenderableType:
        lines = [
            Text.assemble((f"{date_of(instant)[5:]} {clock_time(instant)}  ", "dim"), words)
            for instant, words in list(self._state.events)[-(_EVENTS - 2) :]
        ]
        return Panel(Group(*lines), title="what happened")


def _phone(message: Message, others: int, width: int) -> list[Text]:
    name, colour = _CHANNELS.get(message.channel, (message.channel, "white"))
    head = Text.assemble((f"{clock_time(message.at)} {name} ", colour), (message.to, "bold"))
    if others:
        head.append(f"  and {others} more", "dim")
    body = [line for line in plain(message.body).split("\n") if line.strip()]
    style = "red" if "紧急" in message.body else ""
    shown = [head]
    for line in body[:3]:
        text = Text("  " + line, style)
        text.truncate(width, overflow="ellipsis")
        shown.append(text)
    return shown


def plain(body: str) -> str:
    """A message without the marks of markdown."""
    for mark in _MARKS:
        body = body.replace(mark, "")
    return body
