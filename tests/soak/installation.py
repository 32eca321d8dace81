"""The processes of one run: workers, clock, bridges, views, sandbox and store, each started as an installation starts
it, under a supervisor that starts them again. What faults take hold of.
"""

from __future__ import annotations

import asyncio
import json
import math
import signal
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.embedded import Child, Server, Supervisor, start_store
from streams.engine import ends
from streams.engine.partition import FLUSH_WITHIN
from streams.settings import Settings
from tests.brokers import KafkaCluster
from tests.faults.scenario import PARTITIONS, environment
from tests.soak.history import short_rules
from tests.soak.network import LINES
from tests.soak.process import CHANGES, NOW

HOST = "127.0.0.1"
TERMINATED_WITHIN = 20.0
"""Seconds in which a process that was told to stop has to be gone."""


class Breaking(asyncio.Lock):
    """Held by who breaks brokers, or the line to them."""

    _whole = -math.inf

    def release(self) -> None:
        """They are whole again."""
        self._whole = time.monotonic()
        super().release()

    @property
    def whole(self) -> float:
        """Seconds for which they have been whole; 0 while they are broken."""
        return 0.0 if self.locked() else time.monotonic() - self._whole

    @property
    def recent(self) -> bool:
        """A write that began while they were broken may still be under way, and fail."""
        return self.whole < FLUSH_WITHIN


@dataclass
class Installation:
    """What runs. Names: worker-1, worker-2 …, clock-1 …, bridge-wecom-1 …, views, store, sandbox."""

    cluster: KafkaCluster
    prefix: str
    folder: Path
    supervisor: Supervisor
    real: bool = False  # time goes as it goes, and the clock asks the brokers; else the driver says what time it is
    env: dict[str, str] = field(default_factory=dict)
    workers: list[str] = field(default_factory=list)  # those that are meant to run now
    clocks: list[str] = field(default_factory=list)
    bridges: dict[str, str] = field(default_factory=dict)  # channel → the process that serves it
    worker_changes: Sequence[str] = ()  # in workers that are started from here on, see `process`
    lines: dict[str, str] = field(default_factory=dict)  # process → the brokers it is given, instead of the cluster's
    changes: dict[str, str] = field(default_factory=dict)  # process → what is changed in it alone
    ended: dict[str, int | None] = field(default_factory=dict)  # told to stop → exit code
    killed: set[int] = field(default_factory=set)  # process ids
    brokers: Breaking = field(default_factory=Breaking)
    cuts: dict[str, Breaking] = field(default_factory=lambda: {line: Breaking() for line in LINES})
    sandbox: str = ""
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.env = environment(self.cluster.env, self.prefix) | {NOW: str(self.folder / "now")}
        partitions = PARTITIONS | {"notices": 2, "receipts": 1, "dead-letters": 2}
        self.env["LIANFANG_PARTITIONS"] = json.dumps(partitions)
        if self.real:
            rules = str(short_rules(self.folder / "rules.yaml"))
            self.env |= {"LIANFANG_RULES": rules, "LIANFANG_TICK": "2", "LIANFANG_GRACE": "1"}
            self.env["LIANFANG_SIMULATED"] = "false"
        ours = {name.removeprefix("LIANFANG_").lower(): text for name, text in self.env.items() if name[:4] == "LIAN"}
        self.settings = Settings.model_validate(ours | {"partitions": partitions})
        self._store: Server | None = None

    def start(self, workers: int) -> None:
        """Everything but clocks: those begin when the history does."""
        port, receipts = self.supervisor.port(), self.supervisor.port()
        self.sandbox = f"http://{HOST}:{port}"
        report = f"http://{HOST}:{receipts}/receipts"
        self._start("sandbox", "sandbox", "--host", HOST, "--port", str(port), "--report", report)
        store = start_store(self.supervisor, output=self.folder / "store.log")
        self.env |= {"LIANFANG_REDIS": store.address, "LIANFANG_WECOM_URL": self.sandbox}
        self.env |= {"LIANFANG_SMS_URL": self.sandbox, "LIANFANG_SMS_RECEIPTS_PORT": str(receipts)}
        self.env |= {"LIANFANG_SMS_ACCESS_KEY": "sandbox", "LIANFANG_SMS_ACCESS_SECRET": "sandbox"}
        for _ in range(workers):
            self.add_worker()
        for channel in ("wecom", "sms"):
            self.start_bridge(channel)
        self._start("views", "views")

    def start_bridge(self, channel: str) -> None:
        """The bridge of a channel, or another in its place."""
        name = self.bridges[channel] = self._named(f"bridge-{channel}")
        self._start(name, "bridge", channel)

    def names(self, sort: str) -> Sequence[str]:
        """The workers, clocks or bridges that are meant to run now."""
        return {"worker": self.workers, "clock": self.clocks, "bridge": list(self.bridges.values())}[sort]

    def add_worker(self, changes: Sequence[str] | None = None) -> str:
        """One more worker; its name."""
        name = self._named("worker")
        self.workers.append(name)
        self._start(name, "worker", changes=self.worker_changes if changes is None else changes)
        return name

    def add_clock(self) -> str:
        """One more clock; its name."""
        name = self._named("clock")
        self.clocks.append(name)
        self._start(name, "clock", changes=() if self.real else ("simulated-clock",))
        return name

    def child(self, name: str) -> Child:
        """The process of that name."""
        return next(child for child in self.supervisor.children if child.name == name)

    def kill(self, name: str, number: int = signal.SIGKILL) -> int | None:
        """Send a signal to a process; the id of who got it, None if it does not run."""
        pid = self.supervisor.kill(name, number)
        if pid is not None and number == signal.SIGKILL:
            self.killed.add(pid)
        return pid

    async def terminate(self, name: str) -> int | None:
        """SIGTERM, and that was it for this process. Its exit code: an answer to the signal, unless the process was
        gone before or was killed meanwhile, or gave up (70) because brokers or its line to them were broken, or had
        just been, and it could not write to its end. Then it is an end like any other.
        """
        self.workers = [worker for worker in self.workers if worker != name]
        self.clocks = [clock for clock in self.clocks if clock != name]
        child = self.child(name)
        between = [self.brokers, *([self.cuts[name.split("-", maxsplit=1)[0]]] if name in self.lines else [])]
        told, broken = child.pid, any(each.recent for each in between)
        code = await asyncio.to_thread(self.supervisor.end, name, patience=TERMINATED_WITHIN)
        excused = (code == -signal.SIGKILL and told in self.killed) or (
            code == ends.FAILED and (broken or any(each.recent for each in between))
        )
        if told is not None and not excused:
            self.ended[name] = code
        elif code is not None and code not in child.exits:  # its supervisor may not have looked
            child.exits.append(code)
        return code

    def messages(self) -> list[dict[str, Any]]:
        """What the sandbox has accepted."""
        with urllib.request.urlopen(f"{self.sandbox}/messages", timeout=10) as answer:  # noqa: S310 - our own sandbox
            found: list[dict[str, Any]] = json.load(answer)["messages"]
        return found

    def failures(self) -> list[str]:
        """Why processes ended themselves, in their own words: those are no verdict, and worth a look."""
        found = []
        for path in sorted(self.folder.glob("*.log")):
            for line in path.read_text(errors="replace").splitlines():
                if '"level": "critical"' in line or '"clock-ended"' in line or '"broken"' in line:
                    said = json.loads(line)
                    found.append(f"{path.stem}: {said['event']}: {said.get('why', '')} {said.get('error', '')}"[:200])
        return found

    def stop(self) -> None:
        """End everything, without patience: what was to be seen was seen."""
        for child in self.supervisor.children:
            child.wanted = False
            self.kill(child.name)

    def last_words(self, each: int = 2500) -> str:
        """The end of every log."""
        texts = [(path.name, path.read_text(errors="replace")) for path in sorted(self.folder.glob("*.log"))]
        return "\n".join(f"--- {name}\n{text[-each:]}" for name, text in texts if text)

    def _start(self, name: str, *argv: str, changes: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "tests.soak.process", *argv]
        its = self.env | {CHANGES: ",".join([*changes, *filter(None, [self.changes.get(name)])])}
        if name in self.lines:
            its["LIANFANG_BOOTSTRAP"] = self.lines[name]
        self.supervisor.add(name, command, env=its, output=self.folder / f"{name}.log")

    def _named(self, sort: str) -> str:
        self._numbers[sort] = self._numbers.get(sort, 0) + 1
        return f"{sort}-{self._numbers[sort]}"
