"""Which processes an installation has, and that all of them are ready before anybody is told that it runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.errors import KafkaConnectionError

from connectors.embedded import ALARM, Child, Supervisor
from connectors.ports import HOST
from connectors.runtime.place import Place
from connectors.sending.publishing import NoBroker
from connectors.topics import cluster
from connectors.views.reaching import reach

READY_WITHIN = 90.0
_LAST_WORDS = 1500
_WHOLE_LINES = 100_000
"""Characters within which the last line that gives a reason begins: it may carry a traceback."""
CALM_WAIT_MS = "80"
"""Fetch wait on the embedded broker of what no tick waits for: there a fetch always lasts so long, and costs."""


class StoppedForGood(Exception):  # noqa: N818
    """A process must not be started again before a person has looked; says which, and why."""


class NotReady(Exception):  # noqa: N818 - what did not come up, and its last words
    """A process did not become ready."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted. `clock` False: whoever asks says what time it is. `sandbox` None: real providers, by settings."""

    workers: int = 2
    clock: bool = True
    sandbox: bool = True
    sandbox_port: int = 0


@dataclass(slots=True)
class Running:
    """Processes that run. `ports`: of /metrics, /healthz and /readyz, by name of the process."""

    place: Place
    supervisor: Supervisor
    folder: Path
    sandbox: str | None = None
    ports: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)  # what was not started, and why

    def start(self, name: str, *argv: str, env: dict[str, str] | None = None, port: int | None = None) -> Child:
        """One process of ours: `lianfang ARGV`."""
        settings = self.place.env | (env or {})
        if port is not None:
            settings["LIANFANG_HTTP_PORT"] = str(port)
            self.ports[name] = port
        command = [sys.executable, "-m", "connectors.cli", *argv]
        return self.supervisor.add(name, command, env=settings, output=self.folder / f"{name}.log")

    def child(self, name: str) -> Child:
        """The process of that name."""
        return next(child for child in self.supervisor.children if child.name == name)

    def last_words(self, name: str, most: int = _LAST_WORDS) -> str:
        """The end of what a process has logged."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace")[-most:] if path.exists() else ""

    def reason(self, name: str) -> str:
        """Why a process ended, in one line: as its last log line that says so does, else that line itself."""
        lines = self.last_words(name, _WHOLE_LINES).splitlines() or [""]
        for line in reversed(lines):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                return "; ".join(str(json.loads(line)["why"]).splitlines())
        return lines[-1]

    def ready(self, name: str) -> bool:
        """Whether a process says of itself that it is ready."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.ports[name]}/readyz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def alarmed(self) -> Child | None:
        """A process that ended and is not to be started again, if there is one."""
        return next((child for child in self.supervisor.children if ALARM in child.exits), None)

    def wait_ready(self, within: float = READY_WITHIN) -> None:
        """Return when all are ready. NotReady says who is not."""
        until = time.monotonic() + within
        waiting = list(self.ports)
        while waiting := [name for name in waiting if not self.ready(name)]:
            if (child := self.alarmed()) is not None:
                raise StoppedForGood(f"{child.name} will not start: {self.reason(child.name)}")
            if time.monotonic() > until:
                words = "\n".join(f"--- {name}\n{self.last_words(name)}" for name in waiting)
                raise NotReady(f"not ready within {within:.0f} s: {', '.join(waiting)}\n{words}")
            time.sleep(0.1)  # nothing but asking tells when


@contextmanager
def running(place: Place, supervisor: Supervisor, folder: Path, wish: Wish) -> Iterator[Running]:
    """Topics made, processes started and ready; the caller's supervisor ends them. NoBroker and NoStore if a server is
    not there, cluster.Refused if topics are not as they must be and can't be made so, StoppedForGood and NotReady if
    the processes don't come up.
    """
    asyncio.run(reach(place.settings.redis))
    try:
        asyncio.run(cluster.ensure(place.settings))
        asyncio.run(cluster.refuse_other(place.settings))  # as each process would, but at once and in one voice
    except KafkaConnectionError as error:
        raise NoBroker(f"no broker answers at {place.settings.bootstrap}: {error}") from None
    run = Running(place, supervisor, folder)
    calm = {"LIANFANG_FETCH_WAIT_MS": CALM_WAIT_MS} if place.volatile else {}
    bridges = calm | (_sandbox(run, wish) if wish.sandbox else {})
    for number in range(1, wish.workers + 1):
        run.start(f"worker-{number}", "worker", port=supervisor.port())
    run.start("views", "views", env=calm, port=supervisor.port())
    for channel in ("wecom", "sms"):
        if channel == "sms" and not (wish.sandbox or place.settings.sms_access_key):
            run.left_out.append("bridge-sms: no LIANFANG_SMS_ACCESS_KEY and LIANFANG_SMS_ACCESS_SECRET, so no SMS")
            continue
        run.start(f"bridge-{channel}", "bridge", channel, env=bridges, port=supervisor.port())
    if wish.clock:
        run.start("clock", "clock", port=supervisor.port())
    run.wait_ready()
    yield run


def _sandbox(run: Running, wish: Wish) -> dict[str, str]:
    """Starts the sandbox; returns what the bridges need to find it. It pushes receipts of SMS to the SMS bridge."""
    port, receipts = wish.sandbox_port or run.supervisor.port(), run.supervisor.port()
    run.sandbox = f"http://{HOST}:{port}"
    report = f"http://{HOST}:{receipts}/receipts"
    run.start("sandbox", "sandbox", "--host", HOST, "--port", str(port), "--report", report)
    return {
        "LIANFANG_WECOM_URL": run.sandbox,
        "LIANFANG_SMS_URL": run.sandbox,
        "LIANFANG_SMS_ACCESS_KEY": "sandbox",
        "LIANFANG_SMS_ACCESS_SECRET": "sandbox",
        "LIANFANG_SMS_RECEIPTS_PORT": str(receipts),
    }
