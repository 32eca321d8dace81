"""The live picture: fits its terminal, shows what it should, and plain progress where there is no terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from connectors.demo.driver.picture import Picture, plain
from connectors.demo.driver.play import names_of
from connectors.demo.driver.state import Message, State
from connectors.demo.generator import generate
from connectors.demo.generator.district import town_names
from connectors.demo.run import holding_of
from schemas.times import DAY, HOUR, MINUTE, SECOND, parse_instant

FIRST = parse_instant("2022-01-05T04:30:00+08:00")
LAST = parse_instant("2022-01-19T00:00:01+08:00")


@pytest.fixture
def state() -> State:
    state = State(FIRST, LAST, 12_000)
    state.now = FIRST + 10 * DAY + 4 * HOUR
    return state


def drawn(state: State, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(Picture(state, town_names()), end="")
    return console.file.getvalue().rstrip("\n").split("\n")


def alert(identity="a", status="firing", kind="silent", episode=1, town="330111001") -> dict:
    return {"id": identity, "kind": kind, "status": status, "episode": episode, "place": {"town": town}}


@pytest.mark.parametrize(("width", "height"), [(100, 40), (120, 44), (200, 60)])
def test_it_fills_the_terminal_and_no_more(state, width, height):
    for number in range(20):
        state.recent.append(Message("wecom", "网格员 王小芳", state.now, f"**提醒 {number}**\n" + "很长的一行" * 60))
        state.event(f"something happened {number}")
    lines = drawn(state, width, height)
    assert len(lines) == height
    text = "\n".join(lines)
    for word in ("day 11 of 14", "2022-01-15 08:30", "papers-missing", "富春街道", "渔山乡", "王小芳", "happened 19"):
        assert word in text, word


def test_it_says_what_the_clock_waits_for(state):
    assert "clock: goes" in "\n".join(drawn(state, 100, 40))
    state.held_by, state.held_since = "zj-chain", state.now - HOUR
    assert "clock: waits for feed zj-chain, which stands still since 07:30" in "\n".join(drawn(state, 100, 40))
    state.held_by, state.waiting = None, "tick"
    state.workers["worker-2"] = "away"
    assert "clock: waits for worker-2" in "\n".join(drawn(state, 100, 40))


def test_alerts_are_counted_once_by_kind_and_by_town(state):
    for message in (alert(), alert(), alert("b", town="330111002"), alert(status="resolved")):
        state.alert(message)
    silent = state.kinds["silent"]
    assert (silent.begun, silent.ended, silent.standing) == (2, 1, 1)
    assert (state.towns["330111001"].standing, state.towns["330111002"].standing) == (0, 1)
    state.alert(alert(episode=2))
    assert silent.begun == 3


def test_the_bar_goes_from_nothing_to_all(state):
    state.now = FIRST
    assert (state.share, state.day, state.days) == (0.0, 1, 14)
    state.now = LAST + SECOND
    assert state.share == 1.0


def test_messages_are_shown_without_the_marks_of_markdown():
    assert plain('> **缺口** <font color="warning">紧急</font>') == "缺口 紧急"


def test_phones_are_named_by_role_and_name_and_the_provinces_feed_holds():
    lines = generate(operators=30).lines
    names = names_of(lines)
    assert names["robot-officer-01-1"].startswith("执法人员 ")
    assert names["13805710001"].startswith("店主 ")
    assert holding_of(lines) == ("zj-chain",)
    assert holding_of([line for line in lines if line.event["type"] != "feed.advanced"]) == ()
    assert holding_of([replace(lines[0], event={"type": "feed.advanced"})]) == ()


def test_the_rate_is_that_of_the_last_seconds(state):
    state.began -= MINUTE
    state.sent(300)
    assert state.rate == pytest.approx(100, rel=0.1)
