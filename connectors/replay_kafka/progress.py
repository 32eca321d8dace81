"""How far a replay is, for the person who waits: a bar where standard error is a terminal, else a line for each day of
the history. Times are Beijing's, as everywhere that people read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.replay_kafka.batches import Batch
from connectors.sandbox.clock import beijing
from connectors.terminal import terminal

Seen = Callable[[Batch], None]


def moment_of(batch: Batch) -> int | None:
    """The time to which a batch takes the history: its tick, or its last line; None if there is neither."""
    if batch.tick is not None:
        return batch.tick
    recorded = [message.line.recorded for group in batch.groups for message in group]
    return max(recorded, default=None)


@contextmanager
def shown(plan: Sequence[Batch], console: Console | None = None) -> Iterator[Seen]:
    """What is called after each batch."""
    console = console or terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} of {task.total} lines"))
    total = sum(len(group) for batch in plan for group in batch.groups)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting workers", total=total)
        day, lines = "", 0

        def seen(batch: Batch) -> None:
            nonlocal day, lines
            lines += sum(len(group) for group in batch.groups)
            moment = moment_of(batch)
            now = beijing(moment, "%Y-%m-%d %H:%M") if moment is not None else day
            progress.update(task, description=now, completed=lines)
            if not console.is_terminal and now[:10] != day[:10]:
                console.print(f"{now}  {lines} of {total} lines", highlight=False)
            day = now

        yield seen
