"""Workers without the second that it takes to import them: a process that has imported everything forks one for each
line it is sent, keeps it running as a supervisor would, and notes in the worker's folder which process it is (`pid`)
and how each one ended (`exits`). All of them die with the process that made them.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FINAL = (0, 78)
"""Exit codes after which there is no new start."""
_PR_SET_PDEATHSIG = 1


@dataclass
class Fosterling:
    """One worker, through all its lives."""

    folder: Path

    @property
    def pid(self) -> int:
        return int((self.folder / "pid").read_text() or 0)

    @property
    def exits(self) -> list[int]:
        file = self.folder / "exits"
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def end(self) -> None:
        """For good, at once."""
        with contextlib.suppress(ProcessLookupError):  # it has ended for good by itself
            os.killpg(int((self.folder / "group").read_text()), signal.SIGKILL)


class Nursery:
    """The forking process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE)

    def add(self, folder: Path, env: Mapping[str, str]) -> Fosterling:
        """Start a worker; returns when it runs."""
        folder.mkdir()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"folder": str(folder), "env": dict(env)}).encode() + b"\n")
        self._process.stdin.flush()
        until = time.monotonic() + 20
        while not (folder / "pid").exists():
            assert time.monotonic() < until, "the nursery does not answer"
            time.sleep(0.005)
        return Fosterling(folder)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def _keep(folder: Path, env: Mapping[str, str]) -> None:
    """Runs a worker again and again, in a process group of its own."""
    os.setsid()
    (folder / "group").write_text(str(os.getpid()))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(env)
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    me = os.getpid()
    while True:
        pid = os.fork()
        if pid == 0:
            from tests.integration.engine import worker

            _die_with(me)
            worker.main()
        (folder / "pid.new").write_text(str(pid))
        (folder / "pid.new").rename(folder / "pid")
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with (folder / "exits").open("a") as exits:
            exits.write(f"{code}\n")
        if code in FINAL:
            os._exit(0)
        time.sleep(0.1)


def main() -> None:
    """Forks for each line until its parent is gone."""
    import streams.engine.app
    import streams.engine.run  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _die_with(os.getppid())
    me = os.getpid()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if os.fork() == 0:
            _die_with(me)
            _keep(Path(asked["folder"]), asked["env"])


if __name__ == "__main__":
    main()
