"""A progress bar on standard error, for commands that run long. Not shown where standard error is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from connectors.terminal import terminal


class Tell(Protocol):
    """Told how far it is, and of how much where that was not known before."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Any number of times."""


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Tell]:
    """A bar for one thing that runs long."""
    console = terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def tell(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield tell
