"""Verdicts for people and programs: a line each on standard output, a progress bar and the sum on standard error."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import orjson
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.sending.files import STDIN, Unusable
from connectors.sending.judging import IS_WRONG, Judged, Outcome
from connectors.terminal import terminal

FLUSH_AFTER = 0.2
"""Seconds after which a verdict is shown at the latest, once the next one is said."""


class Sayer:
    """Says each verdict and counts them."""

    def __init__(self, *, as_json: bool, progress: Progress) -> None:
        self.counts: Counter[Outcome] = Counter()
        self.unusable = False
        self._as_json = as_json
        self._flushed = time.monotonic()
        self._progress = progress
        self._tasks = {task.description: task.id for task in progress.tasks}

    def say(self, judged: Judged) -> None:
        """One verdict."""
        self.counts[judged.outcome] += 1
        sys.stdout.write((_as_json(judged) if self._as_json else _as_text(judged)) + "\n")
        if time.monotonic() - self._flushed > FLUSH_AFTER:  # a system call a line would cost more than the verdict
            sys.stdout.flush()
            self._flushed = time.monotonic()

    def cannot_use(self, error: Unusable) -> None:
        """A file that holds no messages at all: why, on standard error."""
        click.echo(str(error), err=True)
        self.unusable = True

    def progress(self, name: str, at: int) -> None:
        """How many bytes of the file `name` were read."""
        if name in self._tasks:
            self._progress.update(self._tasks[name], completed=at)

    def sum_up(self) -> None:
        """How many of what, on standard error; nothing more where it was said why there is nothing."""
        sys.stdout.flush()
        said = ", ".join(f"{number} {outcome}" for outcome, number in self.counts.items())
        if said or not self.unusable:
            click.echo(said or "nothing in it", err=True)

    @property
    def unplaced(self) -> bool:
        """Whether somebody has to say where something goes."""
        return bool(self.counts[Outcome.UNPLACED])

    @property
    def wrong(self) -> bool:
        """Whether anything was refused or failed."""
        return any(self.counts[outcome] for outcome in IS_WRONG)


@contextmanager
def saying(names: tuple[str, ...], *, as_json: bool) -> Iterator[Sayer]:
    """A Sayer, with a bar for each long file where standard error is a terminal and standard output is not."""
    console = terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not (console.is_terminal and not sys.stdout.isatty())) as progress:
        for name in names:
            if name != STDIN and Path(name).is_file():
                progress.add_task(name, total=os.path.getsize(name))
        yield Sayer(as_json=as_json, progress=progress)


def _as_json(judged: Judged) -> str:
    said = {
        "where": judged.found.where, "outcome": judged.outcome, "topic": judged.topic, "type": judged.type or None,
        "id": judged.id or None, "about": judged.found.about or None, "reason": judged.reason,
        "message": judged.message or None, "notes": list(judged.found.notes) or None,
    }  # fmt: skip
    return orjson.dumps({name: value for name, value in said.items() if value is not None}).decode()


def _as_text(judged: Judged) -> str:
    parts = [f"{judged.outcome:9}", judged.found.where]
    if judged.type:
        parts.append(f"{judged.type} {judged.id}".rstrip())
    if judged.found.about:
        parts.append(f"[{judged.found.about}]")
    if judged.topic and judged.outcome in {Outcome.SENT, Outcome.GOOD}:
        parts.append(f"→ {judged.topic}")
    if judged.reason:
        parts.append(judged.reason)
    if judged.message:
        parts.append(judged.message)
    if judged.found.notes:
        parts.append(f"({'; '.join(judged.found.notes)})")
    return "  ".join(parts)
