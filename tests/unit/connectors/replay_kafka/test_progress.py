"""A person who waits for a replay sees how far the history is: the time in it, and how many lines of how many."""

from __future__ import annotations

import io

from rich.console import Console

from connectors.replay_kafka.batches import Batch, Message
from connectors.replay_kafka.progress import moment_of, shown
from schemas.times import DAY, HOUR, parse_instant
from streams.replay.pure import Line

MORNING = parse_instant("2022-01-12T08:00:00+08:00")


def batch(tick: int | None, *recorded: int) -> Batch:
    group = tuple(Message("registry", b"", Line(at, b"{}"), None) for at in recorded)
    return Batch((group,) if group else (), tick)


PLAN = [
    batch(MORNING + HOUR, MORNING, MORNING + 1),
    batch(MORNING + 2 * HOUR),
    batch(MORNING + DAY, MORNING + DAY - 1),
    batch(None, MORNING + DAY + 1),
]


def said(*, terminal: bool, quiet: bool = False) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, quiet=quiet, width=100)
    with shown(PLAN, console) as seen:
        for one in PLAN:
            seen(one)
    return console.file.getvalue()


def test_without_a_terminal_each_day_of_the_history_is_a_line_in_beijings_time():
    assert said(terminal=False).splitlines() == ["2022-01-12 09:00  2 of 4 lines", "2022-01-13 08:00  3 of 4 lines"]


def test_on_a_terminal_it_is_a_bar_that_gets_to_its_end():
    assert "2022-01-13 08:00" in said(terminal=True)
    assert "4 of 4 lines" in said(terminal=True)


def test_where_the_figures_are_for_a_program_nothing_is_said():
    assert said(terminal=False, quiet=True) == ""


def test_a_batch_takes_the_history_to_its_tick_or_to_its_last_line():
    assert [moment_of(one) for one in PLAN] == [
        MORNING + HOUR,
        MORNING + 2 * HOUR,
        MORNING + DAY,
        MORNING + DAY + 1,
    ]
    assert moment_of(batch(None)) is None
