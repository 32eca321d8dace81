"""The terminal view: the last messages as people see them."""

from __future__ import annotations

import asyncio
import contextlib
import io

from rich.console import Console

from connectors.sandbox.store import Store
from connectors.sandbox.terminal import LAST, Screen, phone, plain, show

NOW = 1_641_355_200_000


def shown(renderable: object) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    console.print(renderable)
    return console.file.getvalue()


def test_a_message_is_shown_without_the_marks_of_markdown() -> None:
    body = '**<font color="warning">紧急：检出阳性</font>**\n> 富阳鲜果行：批次L1'
    message = Store().accept("wecom", NOW, "k", "markdown", body, None)
    assert plain(message) == "紧急：检出阳性\n富阳鲜果行：批次L1"
    text = shown(phone(message, "店主"))
    assert "企业微信 店主" in text
    assert "01-05 12:00" in text


def test_names_are_not_markup() -> None:
    message = Store().accept("sms", NOW, "138", "LF_ONE", "[red]店[/red]", None)
    assert "[red]店[/red]" in shown(phone(message, "[bold]x"))


def test_the_last_messages_and_the_counts_are_on_the_screen() -> None:
    store = Store()
    screen = Screen(store)
    store.answers["wecom 0"] += 9
    for number in range(LAST + 1):
        screen.last.append(store.accept("wecom", NOW, "k", "text", f"消息{number}", None))
    text = shown(screen)
    assert "消息0" not in text
    assert f"消息{LAST}" in text
    assert "wecom 0: 9" in text


async def test_it_follows_what_comes() -> None:
    store, console = Store(), Console(file=io.StringIO(), width=80, force_terminal=True)
    store.accept("wecom", NOW, "k", "text", "第一条", None)
    task = asyncio.create_task(show(store, console))
    async with asyncio.timeout(30):
        while "第一条" not in console.file.getvalue():
            await asyncio.sleep(0.01)
        store.accept("sms", NOW, "138", "LF_ONE", "第二条", None)
        while "第二条" not in console.file.getvalue():
            await asyncio.sleep(0.01)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
