"""One run: processes, a history, faults in the middle of it, and the judgement at the end, as figures of one line."""

from __future__ import annotations

import asyncio
import pickle
import shutil
import tempfile
import time
import traceback
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from redis.asyncio import Redis

from connectors.embedded import Supervisor
from connectors.topics import cluster as topics_of
from connectors.views.read import Views
from streams.clock.barrier import Barrier, Stuck
from streams.clock.port import KafkaPort
from tests.brokers import KafkaCluster
from tests.faults.derived import READ
from tests.faults.ledger import Ledger, Topics, count, unsaved
from tests.faults.reading import everything
from tests.soak import catalogue, judging, real_time
from tests.soak.driving import Real, Simulated, Ticks
from tests.soak.history import DUE_WITHIN, History
from tests.soak.installation import Breaking, Installation
from tests.soak.network import Network
from tests.soak.sending import Sender
from tests.soak.site import RECOVERY_WITHIN, WITHIN, Hangs, Site

OPERATORS = 80
CALM_WITHIN = 30.0
"""Seconds after the last fault was put right and the last record sent until everything is through."""
SETTLED_WITHIN = 180.0
"""Seconds. What is left of a busy minute waits for the next one: a group robot takes twenty messages a minute."""
RUN_WITHIN = 400.0


@dataclass
class Figures:
    """A run in one line. `verdict`: clean, red (lost, doubled or different), slow, hangs, broken (the run itself)."""

    seed: int
    kafka: str
    faults: dict[str, float]
    workers: int
    time: str = "simulated"
    verdict: str = "hangs"
    came: int = 0
    applied: int = 0
    refused: int = 0
    duplicate: int = 0
    lost: int = 0
    doubled: int = 0
    alerts: int = 0
    repeated: int = 0
    notices: int = 0
    unknown: int = 0
    restarts: int = 0
    failures: list[str] = field(default_factory=list)
    recovery: list[float] = field(default_factory=list)
    calm: float = 0.0
    seconds: float = 0.0
    kept: str = ""
    wrong: list[str] = field(default_factory=list)
    diary: list[tuple[float, str]] = field(default_factory=list)


@dataclass
class Ground:
    """What many runs share: a cluster whose brokers are all there, and the lines to it."""

    cluster: KafkaCluster
    network: Network
    brokers: Breaking = field(default_factory=Breaking)

    async def whole(self) -> None:
        """All brokers are there and all lines carry, whatever a run that broke off has left."""
        for line in self.cluster.lines:
            self.network.heal(line)
        for node in self.cluster.nodes:
            if self.cluster.ended(node.number):
                await asyncio.to_thread(self.cluster.restart, node.number)


class Run:
    """A seeded run. `faults` None: at most `most` are drawn."""

    def __init__(
        self,
        seed: int,
        ground: Ground,
        faults: Mapping[str, float] | None = None,
        most: int = 3,
        operators: int = OPERATORS,
    ) -> None:
        self._chance = Random(seed)
        chosen = catalogue.drawn(seed, self._chance, most) if faults is None else dict(faults)
        self.figures = Figures(seed, ground.cluster.version, chosen, self._chance.choice((2, 2, 3)))
        self._ground = ground
        self._faults = [catalogue.TABLE[name] for name in chosen]
        if any(fault.real for fault in self._faults) or self._chance.random() < 1 / 3:
            self.figures.time = "real"
        self._sent = self._judged = History.made(seed, operators)
        for fault in self._faults:
            if fault.lines is not None:
                lines = fault.lines(self._judged, self._chance)
                self._sent = self._sent.with_lines(lines)
                self._judged = self._judged.with_lines(lines) if fault.applied else self._judged
        self.words = ""
        self._topics: Topics = {}

    async def run(self) -> Figures:
        """Through to the judgement. What it finds is in the figures; only what breaks the harness is raised."""
        began, figures = time.monotonic(), self.figures
        folder = Path(tempfile.mkdtemp(prefix="lianfang-soak-"))
        with Supervisor(longest_pause=1.0) as supervisor:
            place = Installation(
                self._ground.cluster,
                f"s{uuid.uuid4().hex[:8]}-",
                folder,
                supervisor,
                self._real,
                brokers=self._ground.brokers,
            )
            try:
                async with asyncio.timeout(RUN_WITHIN):
                    await self._run(place)
            except (Hangs, Stuck, TimeoutError) as hangs:
                figures.wrong.append(f"{type(hangs).__name__}: {hangs}")
            except Exception:
                figures.verdict = "broken"  # the run itself: nothing is known of the product
                figures.wrong.append(traceback.format_exc()[-3000:])
            figures.seconds = round(time.monotonic() - began, 1)
            self.words, figures.failures = place.last_words(), place.failures()
            place.stop()
        await self._ground.whole()
        if figures.verdict == "hangs":  # whether a broker or a reader stood still can be seen nowhere else
            await asyncio.to_thread(self._ground.cluster.keep, place.prefix, folder / "brokers")
        await topics_of.remove(place.settings)
        if figures.verdict == "clean":
            shutil.rmtree(folder)
        else:
            figures.kept = str(folder)
            (folder / "topics.pickle").write_bytes(pickle.dumps(self._topics))
        return figures

    async def _run(self, place: Installation) -> None:
        settings, ground = place.settings, self._ground
        await topics_of.ensure(settings)
        for fault in self._faults:
            if fault.prepares is not None:
                await fault.prepares(place, ground.network)
        place.start(self.figures.workers)
        port, sender = KafkaPort(settings), Sender(settings)
        site = Site(place, sender, self._chance, ground.brokers, ground.network)
        self.figures.diary = site.diary
        async with AsyncExitStack() as stack:
            for client in (port, sender.producer):
                await client.start()
                stack.push_async_callback(client.stop)
            ticks = await stack.enter_async_context(Ticks.followed(settings))
            barrier = Barrier(port)
            driven = Real(site, self._sent, ticks) if self._real else Simulated(site, self._sent, barrier, ticks)
            await self._happen(site, driven)
            over = time.monotonic()
            await driven.rest()
            await barrier.calm(routed=True, within=WITHIN)
            self.figures.calm = round(time.monotonic() - over, 1)
            for clock in list(place.clocks):
                await place.terminate(clock)
            self._topics, ledger = await self._settled(site, port)
            wrong = await self._views(place, self._topics)
        self._judge(site, self._topics, ledger, wrong)

    async def _happen(self, site: Site, driven: Simulated | Real) -> None:
        """The history with the faults in it; returns when both are over."""
        waiting = sorted(self.figures.faults.items(), key=lambda item: item[1])
        try:
            async with asyncio.TaskGroup() as happening:

                def at(share: float) -> None:
                    while waiting and share >= waiting[0][1]:
                        happening.create_task(catalogue.TABLE[waiting.pop(0)[0]].does(site))

                await driven.run(at)
        except* (Hangs, Stuck) as hanging:
            raise Hangs("; ".join(map(str, hanging.exceptions))) from None

    async def _settled(self, site: Site, port: KafkaPort) -> tuple[Topics, Ledger]:
        """The topics, when positions are saved and the bridges are through with all notices. Hangs."""
        settings = site.installation.settings
        until = time.monotonic() + SETTLED_WITHIN
        while True:
            topics = self._topics = await everything(settings, port, READ)
            ledger = count(topics)
            late = unsaved(topics) + judging.unsent(topics)
            if not late:
                return topics, ledger
            if time.monotonic() > until:
                raise Hangs(f"not settled within {SETTLED_WITHIN:.0f} s: {late[:3]} and {len(late[3:])} more")
            await asyncio.sleep(1)

    async def _views(self, place: Installation, topics: Topics) -> list[str]:
        """What the views do not show as the topics have it, within a time."""
        standing = {alert["id"]: alert["revision"] for alert in judging.alerts(topics) if alert["status"] == "firing"}
        resolved = {alert["id"]: alert["revision"] for alert in judging.alerts(topics) if alert["status"] != "firing"}
        expected = {name: revision for name, revision in standing.items() if revision > resolved.get(name, 0)}
        redis = Redis.from_url(place.env["LIANFANG_REDIS"])
        views, until = Views(redis, place.prefix), time.monotonic() + 20
        try:
            while True:
                shown = {alert.id: alert.revision for alert in await views.standing(private=True)}
                if shown == expected:
                    return []
                if time.monotonic() > until:
                    return [f"views show {len(shown)} alerts, {len(expected)} stand"]
                await asyncio.sleep(0.3)
        finally:
            await redis.aclose()

    def _judge(self, site: Site, topics: Topics, ledger: Ledger, wrong: list[str]) -> None:
        place, figures = site.installation, self.figures
        for name in ("came", "applied", "refused", "duplicate", "lost", "doubled"):
            setattr(figures, name, ledger.total(name))
        figures.alerts, figures.repeated = ledger.alerts, ledger.repeated_alerts
        figures.notices = sum(len(messages) for (topic, _), messages in topics.items() if topic == "notices")
        submitted, figures.unknown = judging.submitted(topics, place.messages(), site.bridge_kills)
        codes = {child.name: list(child.exits) for child in place.supervisor.children}
        figures.restarts = sum(map(len, codes.values()))
        figures.recovery = site.recoveries
        raising = sum(not fault.applied for fault in self._faults)
        figures.wrong += judging.internal_errors(ledger.wrong, raising)
        figures.wrong += [*wrong, *submitted, *judging.underived(topics, place.settings)]
        figures.wrong += real_time.stood(topics, place.settings) if self._real else judging.stood(topics, self._judged)
        figures.wrong += judging.exits(codes, place.ended, alarms=site.alarms_expected)
        bad = ledger.total("lost") + ledger.total("doubled") + ledger.repeated_alerts + ledger.missing_alerts
        figures.verdict = "red" if bad or figures.wrong else "slow" if self._slow() else "clean"

    def _slow(self) -> bool:
        figures = self.figures
        alone = list(figures.faults) == ["worker-killed"] and figures.workers == 2
        late = alone and max(figures.recovery, default=0) > RECOVERY_WITHIN
        if late:
            figures.wrong.append(f"recovery took {max(figures.recovery)} s, {RECOVERY_WITHIN} are allowed")
        allowed = CALM_WITHIN + (DUE_WITHIN if self._real else 0)
        if figures.calm > allowed:
            figures.wrong.append(f"calm only {figures.calm} s after the last fault")
        return late or figures.calm > allowed

    @property
    def _real(self) -> bool:
        return self.figures.time == "real"

    def line(self) -> dict[str, object]:
        """For a JSON line."""
        return asdict(self.figures)
