"""Runs a process of flows to its end: start, until SIGTERM or SIGINT, drain, exit 0 within 15 s; anything unexpected on
the way is exit 70 (`ends`).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterable
from typing import Any, NoReturn

from streams import logs
from streams.engine import ends
from streams.engine.engine import Engine
from streams.engine.flow import Flow
from streams.engine.watch import Watchdog, watch
from streams.health import Health
from streams.kafka import group_id
from streams.parameters import Rules
from streams.settings import Settings

log = logs.get(__name__)
STOP_WITHIN = 15.0
LEAVE_WITHIN = 4.0


def run(
    settings: Settings, flows: Iterable[Flow], *, process: str, group: str | None = None, rules: Rules | None = None
) -> NoReturn:
    """Run the flows under Faust until the process is told to stop. `group`: without prefix; default the workers'."""
    logs.configure(form=settings.log_format, level=settings.log_level, process=process)
    flows = tuple(flows)
    asyncio.run(_main(settings, flows, settings.prefix + group if group else group_id(settings), rules))
    ends.leave(ends.DONE)


async def _main(settings: Settings, flows: tuple[Flow, ...], group: str, rules: Rules | None) -> None:
    from streams.engine.app import App  # noqa: PLC0415 - who only looks at state topics need not wait for Faust

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    health = Health()
    engine = Engine(settings, flows, group=group, rules=rules or Rules.load(settings.rules), health=health)
    app = App(engine)
    if settings.http_port:
        await health.serve(settings.http_host, settings.http_port)
    watchdog = Watchdog(settings.session_timeout)
    watchdog.start()
    log.info("starting", group=group, flows=[flow.name for flow in flows], bootstrap=settings.bootstrap)
    parts = [
        _guarded(app.start(), "the worker could not start"),
        _guarded(watch(engine, watchdog), "the watchdog broke"),
        _guarded(engine.commit_forever(), "committing broke"),
    ]
    tasks = [asyncio.create_task(part) for part in parts]
    await stop.wait()
    await _stop(engine, tasks)


async def _guarded(part: Coroutine[Any, Any, Any], why: str) -> None:
    try:
        await part
    except Exception as error:
        ends.fail(why, error)


async def _stop(engine: Engine, tasks: list[asyncio.Task[None]]) -> NoReturn:
    """Drain, commit, leave the group, exit. Faust's own way of stopping hangs when a broker is down (H13)."""
    log.info("stopping")
    late = threading.Timer(STOP_WITHIN, ends.fail, args=(f"could not stop within {STOP_WITHIN:.0f} s",))
    late.daemon = True
    late.start()
    try:
        engine.halt()
        await engine.release()
    except Exception as error:
        ends.fail("could not drain", error)
    try:
        async with asyncio.timeout(LEAVE_WITHIN):
            await engine.thread.leave()
    except Exception as error:
        log.warning("the group was not left; the session runs out by itself", error=type(error).__name__)
    log.info("stopped")
    ends.leave(ends.DONE)
