"""`lianfang demo`: the whole system on this machine, replaying days of a district."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from aiokafka.errors import KafkaError
from rich.console import Console

from connectors.cli import UNUSABLE
from connectors.demo.driver.play import Stopped
from connectors.demo.generator import generate
from connectors.demo.generator.make import FEWEST, OPERATORS, SEED
from connectors.demo.history import Line, read_history, write_history
from connectors.demo.run import Demo, show
from connectors.demo.truth import Planted, Unusable, read_truth, write_truth
from connectors.runtime import NotReady, StoppedForGood
from connectors.terminal import terminal
from schemas.times import MINUTE
from streams.clock.barrier import Stuck
from streams.logs import configure
from streams.parameters import BadRules, Rules

BROKEN = 70
INTERRUPTED = 130
MOST = 10_000
"""Operators: more than any district has; a fortnight of a slip of the keyboard would fill the memory."""
PLAIN_WIDTH = 120
"""Columns where there is no terminal to ask."""
STEP, FAST_STEP = 20 * MINUTE, 60 * MINUTE
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", default=SEED, show_default=True, help="Another seed is another fortnight.")
@click.option(
    "--operators", default=OPERATORS, show_default=True, type=click.IntRange(FEWEST, MOST), help="Size of the district."
)
@click.option("--fast", is_flag=True, help="A tick every simulated hour instead of every 20 minutes.")
@click.option("--history", type=_FILE, help="Replay this history (JSON Lines of CloudEvents with recordedtime).")
@click.option(
    "--truth", type=_FILE, help="What was planted in it: lines of kind, operator, subject, begins, ends, why."
)
@click.option("--write-history", type=_FILE, help="Write the history and run nothing.")
@click.option("--write-truth", type=_FILE, help="Write its truth and run nothing.")
@click.option("--rules", type=_FILE, help="Another rules file; it says which feeds hold the clock.")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Keep the processes' logs here.")
@click.option("--plain", is_flag=True, help="Lines of progress instead of the live picture.")
@click.option("--json", "as_json", is_flag=True, help="The ledger as JSON on standard output.")
def command(  # noqa: PLR0913 - one for each option
    *,
    seed: int,
    operators: int,
    fast: bool,
    history: Path | None,
    truth: Path | None,
    write_history: Path | None,
    write_truth: Path | None,
    rules: Path | None,
    logs: Path | None,
    plain: bool,
    as_json: bool,
) -> None:
    """Replay a fortnight of a district through the real processes, and count who was told of what.

    Starts an embedded broker and store, two workers, bridges, views and the sandbox, which shows the messages as
    phones would. A worker is killed on day 5; the province's feed stands still on day 11. Nothing is left afterwards.

    Exit 1 if anything was missed, false or doubled, or if a grid worker gets more than 8 messages a day at p95.
    """
    if (history is None) != (truth is None):
        raise click.UsageError("--history and --truth go together: without the truth nothing can be counted")
    try:
        Rules.load(rules)  # the processes would read them only once all is started
        lines, planted = _material(seed, operators, history, truth)
    except OSError as error:
        click.echo(f"{error.filename}: can't be read: {error.strerror}", err=True)
        sys.exit(UNUSABLE)
    except (BadRules, Unusable, ValueError) as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        click.echo("stopped; nothing was started", err=True)
        sys.exit(INTERRUPTED)
    if write_history is not None or write_truth is not None:
        try:
            _write(lines, planted, write_history, write_truth)
        except OSError as error:
            click.echo(f"{error.filename}: can't be written: {error.strerror}", err=True)
            sys.exit(UNUSABLE)
        return
    words = terminal(stderr=True)
    if not words.is_terminal:
        words = terminal(stderr=True, width=PLAIN_WIDTH)
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    configure(form="console", level="error", process="demo")
    watched = words.is_terminal and not plain
    demo = Demo(lines, planted, FAST_STEP if fast else STEP, json_form=as_json, picture=watched, rules=rules, logs=logs)
    sys.exit(_run(demo, words))


def _material(seed: int, operators: int, history: Path | None, truth: Path | None) -> tuple[list[Line], list[Planted]]:
    if history is not None and truth is not None:
        return read_history(history), read_truth(truth)
    fortnight = generate(seed, operators)
    return fortnight.lines, fortnight.truth


def _write(lines: list[Line], planted: list[Planted], history_to: Path | None, truth_to: Path | None) -> None:
    if history_to is not None:
        write_history(history_to, lines)
        click.echo(f"{len(lines):,} records in {history_to}", err=True)
    if truth_to is not None:
        write_truth(truth_to, planted)
        click.echo(f"{len(planted):,} planted in {truth_to}", err=True)


def _run(demo: Demo, words: Console) -> int:
    """The demo with words for each way in which it may end."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return show(demo, words)
    except KeyboardInterrupt:
        words.print("stopped; nothing is left behind")
        return INTERRUPTED
    except (NotReady, StoppedForGood, Stopped, Stuck, KafkaError, TimeoutError) as error:
        words.print(f"the demo did not get to its end: {error}", markup=False, highlight=False)
        return BROKEN


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
