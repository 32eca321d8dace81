"""One demo from start to end: servers, processes, ledger, the replay, the verdict. What `lianfang demo` calls."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.live import Live

from connectors.demo.driver.picture import Picture
from connectors.demo.driver.play import Play, Stopped, names_of, play
from connectors.demo.driver.state import State, when
from connectors.demo.driver.watch import label, watch
from connectors.demo.generator.book import FEED
from connectors.demo.generator.district import town_names
from connectors.demo.history import Line
from connectors.demo.truth import Planted, write_truth
from connectors.embedded import Supervisor
from connectors.runtime import Running, Wish, embedded, running
from schemas.registry import FeedAdvanced
from schemas.times import DAY
from streams.clock.barrier import Stuck

WORKERS = 2
REFRESHES = 3
"""A second: more only makes the workers slower."""
HOLDING = "holding_feeds: []"
_PATIENCE = 5.0
"""Seconds a process gets to end: nothing that it would still write is needed."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What is wanted."""

    lines: list[Line]
    truth: list[Planted]
    step: int  # simulated milliseconds between two ticks
    json_form: bool
    picture: bool  # somebody watches a terminal
    rules: Path | None  # None: the program's, with the province's feed as holding where the history has it
    logs: Path | None  # where the processes' logs are kept; None: they go with the demo


def show(demo: Demo, words: Console) -> int:
    """Run it; returns the ledger's exit code. Everything that was started has ended when this returns or raises."""
    with tempfile.TemporaryDirectory(prefix="lianfang-demo-") as name, _supervised() as supervisor:
        folder = demo.logs or Path(name)
        words.print("starting broker, store, workers, bridges, sandbox, views and ledger …")
        place = embedded(supervisor, folder, _extra(demo, folder))
        wish = Wish(workers=WORKERS, clock=False)
        with running(place, supervisor, folder, wish) as run, _ledger(demo, run, folder) as ledger:
            words.print(f"all ready; the phones of everyone: {run.sandbox}")
            try:
                asyncio.run(_replay(demo, run, words))
            except (Stopped, Stuck):
                _last_words(run, words)
                raise
            words.print("the history is through; the ledger counts …")
            return ledger()


def _last_words(run: Running, words: Console) -> None:
    """What the processes said last, for whoever must find out why it did not go on."""
    for child in run.supervisor.children:
        if text := run.last_words(child.name).strip():
            words.print(f"--- {child.name}, started {child.starts} times, ended with {child.exits}:", markup=False)
            words.print(text, markup=False, highlight=False)


@contextmanager
def _supervised() -> Iterator[Supervisor]:
    """A supervisor that does not wait long for processes to end."""
    supervisor = Supervisor()
    try:
        yield supervisor
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave a half of it
        supervisor.stop(patience=_PATIENCE)
        signal.signal(signal.SIGINT, before)


def _extra(demo: Demo, folder: Path) -> dict[str, str]:
    extra = {"LIANFANG_SIMULATED": "true", "LIANFANG_LOG_LEVEL": "warning", "LIANFANG_LOG_FORMAT": "json"}
    return extra | {"LIANFANG_RULES": str(demo.rules or _rules(folder, holding_of(demo.lines)))}


def holding_of(lines: list[Line]) -> tuple[str, ...]:
    """The feeds of a history that hold the clock: the province's, if it says there how far it is."""
    spoken = (line.data("feed.advanced", FeedAdvanced) for line in lines)
    return (FEED,) if any(said is not None and said.feed == FEED for said in spoken) else ()


def _rules(folder: Path, holding: tuple[str, ...]) -> Path:
    """The rules file that comes with the program, and which feeds hold."""
    text = resources.files("streams").joinpath("rules.yaml").read_text(encoding="utf-8")
    if HOLDING not in text:
        raise ValueError(f"rules.yaml: expected a line {HOLDING!r}")
    path = folder / "rules.yaml"
    path.write_text(text.replace(HOLDING, f"holding_feeds: [{', '.join(holding)}]"), encoding="utf-8")
    return path


@contextmanager
def _ledger(demo: Demo, run: Running, folder: Path) -> Iterator[Callable[[], int]]:
    """The ledger's process, which watches from the beginning. Gives what makes it count: its exit code."""
    truth = folder / "truth.jsonl"
    write_truth(truth, demo.truth)
    argv = [sys.executable, "-m", "connectors.demo.ledger", "--truth", str(truth), "--follow"]
    argv += ["--sandbox", run.sandbox or "", *(["--json"] if demo.json_form else [])]
    process = subprocess.Popen(  # noqa: S603 - argv comes from this program
        argv, env={**os.environ, **run.place.env}, stdin=subprocess.PIPE, start_new_session=True, text=True
    )

    def counted() -> int:
        process.communicate("count\n")
        return process.returncode

    try:
        yield counted
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


async def _replay(demo: Demo, run: Running, words: Console) -> None:
    state = State(demo.lines[0].recorded, demo.lines[-1].recorded, len(demo.lines))
    state.now = state.first
    await label(run.sandbox or "", names_of(demo.lines))
    plan = Play(demo.lines, demo.step, holding_of(demo.lines), slowly=demo.picture, kill=True)
    watching = asyncio.create_task(watch(state, run))
    playing: asyncio.Task[None] | None = None
    try:
        tell = _nothing if demo.picture else _lines(state, words)
        playing = asyncio.create_task(play(plan, run, state, tell))
        with _live(demo, state, words):
            await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                await playing
            else:
                await watching
    finally:
        for task in (playing, watching):
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in (playing, watching) if task is not None), return_exceptions=True)


@contextmanager
def _live(demo: Demo, state: State, words: Console) -> Iterator[None]:
    picture = Picture(state, town_names())
    if demo.picture:
        with Live(picture, console=words, screen=True, refresh_per_second=REFRESHES):
            yield
        words.print(picture, height=40)
    else:
        yield


def _nothing() -> None:
    return


def _lines(state: State, words: Console) -> Callable[[], None]:
    """Plain progress for what is no terminal: a line a simulated day, and one for each event."""
    told = {"day": 0, "events": 0}

    def tell() -> None:
        for instant, event in state.happened[told["events"] :]:
            words.print(f"  {when(instant)}  {event}", highlight=False)
        told["events"] = len(state.happened)
        if state.day > told["day"] and state.day <= state.days and state.now % DAY >= 0:
            told["day"] = state.day
            totals = state.totals()
            words.print(
                f"day {state.day:>2} of {state.days}: {state.published:,} records, "
                f"{totals['begun']} alerts begun, {totals['ended']} ended, {state.messages} messages",
                highlight=False,
            )

    return tell
