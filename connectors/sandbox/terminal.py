"""The messages in a terminal: the last ones as the people see them, and how many came through what."""

from __future__ import annotations

import asyncio
import re
from collections import deque

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connectors.sandbox.clock import beijing
from connectors.sandbox.store import Message, Store

LAST = 8
_FONT = re.compile(r"</?font[^>]*>")
_NAMES = {"wecom": "企业微信", "sms": "短信"}


def plain(message: Message) -> str:
    """The body without the marks of markdown."""
    if message.form != "markdown":
        return message.body
    lines = _FONT.sub("", message.body).replace("**", "").split("\n")
    return "\n".join(line.removeprefix("> ") for line in lines)


def phone(message: Message, label: str | None) -> Panel:
    """One message as a little screen."""
    body = plain(message)
    urgent = "紧急" in body.split("\n", 1)[0]
    title = Text(f"{_NAMES[message.channel]} {label or message.to}")
    return Panel(
        Text(body),
        title=title,
        subtitle=beijing(message.at, "%m-%d %H:%M"),
        border_style="red" if urgent else "blue" if message.channel == "wecom" else "green",
    )


class Screen:
    """The last messages and the counts, as a renderable of rich."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.last: deque[Message] = deque(maxlen=LAST)

    def __rich__(self) -> RenderableType:
        table = Table.grid(padding=(0, 3))
        counts = self._store.answers
        table.add_row("回答", *(f"{name}: {count}" for name, count in sorted(counts.items())))
        phones = [phone(message, self._store.labels.get(message.to)) for message in reversed(self.last)]
        return Group(Text("联防 · 收到的消息", style="bold"), table, *phones)


async def show(store: Store, console: Console | None = None) -> None:
    """Show messages as they come, until cancelled."""
    screen = Screen(store)
    with Live(screen, console=console, refresh_per_second=8, screen=False):
        async for message in store.follow(0):
            screen.last.append(message)
            await asyncio.sleep(0)
