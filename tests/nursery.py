"""Processes of Python without the second that it takes them to import what they need: a process that has imported it
forks one for each command that it is sent. There are two. `lianfang` itself is forked from one that has imported its
commands too; anything else from one with libraries alone, so that what is changed before an import is changed there.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.cli import COMMANDS

COMMAND = (sys.executable, "-m", "connectors.cli")
"""What a command line of `lianfang` begins with."""
LIBRARIES = (
    *("aiohttp.web", "aiokafka", "click", "msgspec", "orjson", "prometheus_client", "pydantic_settings"),
    *("faust.agents", "faust.app.base", "faust.tables.manager", "faust.transport.drivers.aiokafka"),
    *("redis.asyncio", "rich.traceback", "structlog", "yaml"),
)
_MODULE = COMMAND[:2]
_LARGEST = 256 * 1024
_WITHIN = 120.0
"""Seconds for a command that is to end by itself."""
_PR_SET_PDEATHSIG = 1


class Forked:
    """A process of the nursery, as `subprocess.Popen` shows one of its own."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                """It has ended; its exit code is on the way."""

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def ended(self, code: int) -> None:
        self.returncode = code
        self._ended.set()


class Nursery:
    """The forking processes, as whoever asks them sees them. They end when this process does, and so does all that they
    forked.
    """

    def __init__(self) -> None:
        self._plain = _Forking(LIBRARIES)
        self._ours = _Forking((*LIBRARIES, *(module for module, _ in COMMANDS.values())))

    def popen(self, argv: Sequence[str], **options: Any) -> Any:
        """In the place of `subprocess.Popen`, for those of its options that a supervisor uses. What is not a module of
        Python is started by the original. OSError if the nursery has ended.
        """
        if tuple(argv[:2]) != _MODULE:
            return subprocess.Popen(argv, **options)
        out, err = options.get("stdout"), options.get("stderr")
        one = 1 if out is None else out.fileno()
        two = one if err is subprocess.STDOUT else 2 if err is None else err.fileno()
        forking = self._ours if tuple(argv[:3]) == COMMAND else self._plain
        return forking.fork({"argv": list(argv[2:]), "env": dict(options["env"])}, (one, two))

    def run(self, argv: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` does it, with what it says as text."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            code = self.popen(argv, env=env, stdout=out, stderr=err).wait(_WITHIN)
            said = []
            for each in (out, err):
                each.seek(0)
                said.append(each.read())
        return subprocess.CompletedProcess(argv, code, *said)

    def close(self) -> None:
        for forking in (self._plain, self._ours):
            forking.close()


class _Forking:
    """One forking process, which has imported `modules`. It begins when it is asked first."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules
        self._process: subprocess.Popen[bytes] | None = None
        self._socket, self._its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asking = threading.Lock()
        self._started = threading.Semaphore(0)
        self._last: Forked | None = None
        self._running: dict[int, Forked] = {}

    def fork(self, asked: dict[str, Any], fds: Sequence[int]) -> Forked:
        with self._asking:
            if self._process is None:
                self._begin()
            socket.send_fds(self._socket, [json.dumps(asked).encode()], fds)
            self._started.acquire()
            if self._last is None:
                raise OSError("the nursery has ended")
            return self._last

    def close(self) -> None:
        if self._process is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._process.wait()

    def _begin(self) -> None:
        its = self._its.fileno()
        command = [*_MODULE, __spec__.name, str(its), *self._modules]
        self._process = subprocess.Popen(command, pass_fds=(its,), stdin=subprocess.DEVNULL, start_new_session=True)
        self._its.close()
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    def _listen(self) -> None:
        while told := self._socket.recv(_LARGEST):
            said = json.loads(told)
            if "code" in said:
                self._running.pop(said["pid"]).ended(said["code"])
            else:
                self._last = self._running[said["pid"]] = Forked(said["pid"])
                self._started.release()
        for forked in self._running.values():
            forked.ended(-signal.SIGKILL)
        self._last = None
        self._started.release()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def _serve(asker: socket.socket) -> list[str]:
    """Forks for each request. Returns in the forked process, with its module and arguments."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    me = os.getpid()
    with selectors.DefaultSelector() as ready:
        ready.register(asker, selectors.EVENT_READ)
        ready.register(woken, selectors.EVENT_READ)
        while True:
            waiting = [key.fileobj for key, _ in ready.select()]
            if woken in waiting:
                os.read(woken, 4096)
                _reap(asker)
            if asker not in waiting:
                continue
            told, fds, _, _ = socket.recv_fds(asker, _LARGEST, 2)
            if not told:
                os._exit(0)
            asked = json.loads(told)
            pid = os.fork()
            if pid == 0:
                break
            for fd in fds:
                os.close(fd)
            asker.send(json.dumps({"pid": pid}).encode())
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _die_with(me)
    os.setsid()
    for number, fd in enumerate(fds, start=1):
        os.dup2(fd, number)
    for fd in (*fds, woken, wakes):
        os.close(fd)
    asker.close()
    os.environ.clear()
    os.environ.update(asked["env"])
    return [str(word) for word in asked["argv"]]


def _reap(asker: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        asker.send(json.dumps({"pid": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def main() -> None:
    """Forks until its asker is gone."""
    fd, *modules = sys.argv[1:]
    for name in modules:
        importlib.import_module(name)
    gc.freeze()  # none of it is garbage in a forked process either
    with socket.socket(fileno=int(fd)) as asker:
        argv = _serve(asker)
    sys.argv = argv
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
