"""What a process says about itself over HTTP: `/metrics`, `/healthz` (the loop moves), `/readyz` (it owns what it
should and has recovered it). Served in the process's own event loop on purpose: a loop that stands still answers
nothing, and that is the truth. Not for people: no data of the domain is served here.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams import metrics


class Health:
    """One for each process. A flow calls `beat` whenever its loop came round, `set_ready` when that changes.

    `stall`: seconds without a beat after which the process counts as dead. Until the first beat of a part, the process
    is alive but not ready. Several parts (flows) of one process: alive if all beat, ready if all are.
    """

    def __init__(self, *, stall: float = 15.0, now: Callable[[], float] = time.monotonic) -> None:
        self.stall = stall
        self._now = now
        self._beats: dict[str, float] = {}
        self._ready: dict[str, tuple[bool, str]] = {}
        self._runner: web.AppRunner | None = None

    def beat(self, part: str = "loop") -> None:
        """The loop of this part came round: it worked, or looked and found nothing to do."""
        self._beats[part] = self._now()

    def set_ready(self, ready: bool, why: str, *, part: str = "process") -> None:
        """Whether this part owns its partitions and has their state; `why` is shown to operations."""
        self._ready[part] = (ready, why)
        metrics.UP.labels().set(self.ready()[0])

    def drop(self, part: str) -> None:
        """This part ended in order: it is no longer asked."""
        self._beats.pop(part, None)
        self._ready.pop(part, None)

    def alive(self) -> tuple[bool, str]:
        """Whether every part's loop moves, and words for it."""
        late = {part: self._now() - beat for part, beat in self._beats.items() if self._now() - beat > self.stall}
        if late:
            return False, "; ".join(f"{part}: no progress for {age:.0f} s" for part, age in sorted(late.items()))
        return True, "moving"

    def ready(self) -> tuple[bool, str]:
        """Whether every part is ready, and words for it."""
        if not self._ready:
            return False, "starting"
        words = "; ".join(f"{part}: {why}" for part, (_, why) in sorted(self._ready.items()))
        return all(ready for ready, _ in self._ready.values()), words

    async def serve(self, host: str, port: int) -> int:
        """Serve in the running loop; port 0 takes a free one. Returns the port; OSError if it is taken."""
        self._runner = web.AppRunner(self._app(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop serving; no error if it never did."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        return app

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _: web.Request) -> web.Response:
        return _answer(self.alive())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer(self.ready())


def _answer(state: tuple[bool, str]) -> web.Response:
    good, words = state
    return web.Response(status=200 if good else 503, text=words + "\n")
