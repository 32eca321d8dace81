"""Starts child processes, starts them again when they die, ends them all together. The workers are crash-only: they
end themselves on anything unexpected and count on somebody like this (or systemd, or a container's restart policy) to
begin afresh. Not a daemon manager: it lives and dies with the process that made it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar

import structlog

from connectors.ports import held_port

log = structlog.get_logger(__name__)

ALARM = 78
"""Exit code of a process that must not be started again before a person has looked."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Runs in the child before exec: a supervisor that was killed with -9 leaves no orphans behind (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Child:
    """One process to keep running, and what became of it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)  # beside the supervisor's own
    output: Path | None = None  # standard output and error are appended here; None: inherited
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    exits: list[int] = field(default_factory=list)  # codes, negative for signals
    wanted: bool = True  # False after an exit that is not to be repeated, or after `stop`

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None


class Supervisor:
    """Restarts on any exit code but 0 and 78, after a pause that doubles up to `longest_pause` while a child keeps
    dying young. Thread-safe. `on_alarm` is called from the supervisor's thread with a child that exited with 78.
    """

    popen: ClassVar[Callable[..., subprocess.Popen[bytes]]] = subprocess.Popen
    """How a process is started; tests have it forked from one that has imported what it needs."""

    def __init__(
        self, *, pause: float = 0.2, longest_pause: float = 10.0, on_alarm: Callable[[Child], None] | None = None
    ) -> None:
        self._pause, self._longest = pause, longest_pause
        self._on_alarm = on_alarm
        self._children: dict[str, Child] = {}
        self._again: dict[str, float] = {}  # child → when to start it
        self._young: dict[str, int] = {}  # child → deaths in a row soon after a start
        self._born: dict[str, float] = {}
        self._held: list[socket.socket] = []
        self._calls: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._patience = 20.0
        # every child is started from this one thread, because PDEATHSIG fires when the thread that forked ends
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def children(self) -> list[Child]:
        """All children, in the order in which they were added."""
        return list(self._children.values())

    def add(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None, output: Path | None = None
    ) -> Child:
        """Start a process and keep it running. ValueError if the name is taken; OSError if it can't be started."""
        if name in self._children:
            raise ValueError(f"there is a child {name!r} already")
        child = Child(name, tuple(argv), dict(env or {}), output)
        failed: list[OSError] = []

        def first() -> None:
            try:
                self._start(child)
                self._children[name] = child
            except OSError as error:
                failed.append(error)

        self._in_thread(first)
        if failed:
            raise failed[0]
        return child

    def port(self) -> int:
        """A loopback port for a server among the children. On Linux nobody else is given it before `stop`, not even
        while the server is away.
        """
        held = held_port()
        port: int = held.getsockname()[1]
        if sys.platform == "linux":
            self._held.append(held)
        else:
            held.close()
        return port

    def kill(self, name: str, number: int = signal.SIGKILL) -> int | None:
        """Send a signal to a child; returns the process id it was sent to, None if it does not run."""
        pid = self._children[name].pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended in this moment
                os.kill(pid, number)
        return pid

    def end(self, name: str, *, patience: float = 20.0) -> int | None:
        """End one child for good: SIGTERM, after `patience` seconds SIGKILL. Returns its exit code."""
        child = self._children[name]
        child.wanted = False
        self._again.pop(name, None)
        return _end(child, patience)

    def stop(self, *, patience: float = 20.0) -> dict[str, int]:
        """End all children, the last one added first, each before the one before it, so that a worker can still
        finish its work on the broker: SIGTERM, after `patience` seconds each SIGKILL. Returns exit codes by name.
        """
        self._patience = patience
        self._ending.set()
        self._thread.join()
        for held in self._held:
            held.close()
        return {child.name: child.process.returncode for child in self.children if child.process is not None}

    def _in_thread(self, call: Callable[[], None]) -> None:
        done = threading.Event()
        self._calls.put((call, done))
        while not done.wait(1.0):
            if not self._thread.is_alive():
                raise RuntimeError("this supervisor has been stopped")

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                call, done = self._calls.get(timeout=0.05)
            except queue.Empty:
                self._look()
            else:
                call()
                done.set()
        for child in reversed(self.children):  # here, because PDEATHSIG comes when this thread ends
            child.wanted = False
            _end(child, self._patience)

    def _look(self) -> None:
        now = time.monotonic()
        for child in list(self._children.values()):
            if child.wanted and child.name in self._again:
                if now >= self._again[child.name]:
                    del self._again[child.name]
                    self._start(child)
            elif child.wanted and child.process is not None and (code := child.process.poll()) is not None:
                self._ended(child, code, now)

    def _ended(self, child: Child, code: int, now: float) -> None:
        child.exits.append(code)
        if code in (0, ALARM):
            child.wanted = False
            log.log(40 if code else 20, "process ended", process=child.name, code=code, again=False)
            if code == ALARM and self._on_alarm is not None:
                self._on_alarm(child)
            return
        young = self._young.get(child.name, 0) + 1 if now - self._born[child.name] < 2 * self._longest else 0
        self._young[child.name] = young
        pause = min(self._pause * 2 ** min(young, 16), self._longest)
        self._again[child.name] = now + pause
        log.warning("process ended", process=child.name, code=code, again=True, pause=round(pause, 1))

    def _start(self, child: Child) -> None:
        output: IO[bytes] | None = child.output.open("ab") if child.output is not None else None
        try:
            child.process = self.popen(
                list(child.argv),
                env={**os.environ, **child.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                start_new_session=True,  # Ctrl-C goes to the supervisor, which ends the children in order
                preexec_fn=_die_with_parent if _LIBC is not None else None,  # one libc call, no lock
            )
        finally:
            if output is not None:
                output.close()
        child.starts += 1
        self._born[child.name] = time.monotonic()


def _end(child: Child, patience: float) -> int | None:
    if child.process is None:
        return None
    if child.process.poll() is None:
        child.process.terminate()
        child.process.send_signal(signal.SIGCONT)  # one that was stopped could not hear
    try:
        return child.process.wait(patience)
    except subprocess.TimeoutExpired:
        log.warning("process did not end in time", process=child.name)
        child.process.kill()
        return child.process.wait()
