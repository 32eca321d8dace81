"""`lianfang views`: the process that keeps the views in Redis."""

from __future__ import annotations

import asyncio
import signal
import sys

import click
from aiokafka.errors import KafkaConnectionError
from redis.exceptions import RedisError

from connectors.cli import DONE, PORT
from connectors.topics import cluster
from connectors.views.process import Process
from connectors.views.reaching import shown
from streams import logs
from streams.health import Health
from streams.settings import Settings

BROKEN = 70
"""Broken input or output: a supervisor starts a fresh process."""

log = logs.get(__name__)


@click.command()
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--redis", help="URL of the Redis, instead of the setting's.")
@click.option("--http-port", type=PORT, help="Port of /metrics, /healthz and /readyz; 0: none.")
@click.option("--json", "as_json", is_flag=True, help="Log lines as JSON.")
def command(*, bootstrap: str | None, redis: str | None, http_port: int | None, as_json: bool) -> None:
    """Keep what stands, and who was told what, in Redis for `alerts` and `why`.

    Runs until stopped (SIGTERM, SIGINT). A Redis that was emptied is filled again from the logs.
    """
    given = {"bootstrap": bootstrap, "redis": redis, "http_port": http_port}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    logs.configure(form="json" if as_json else settings.log_format, level=settings.log_level, process="views")
    try:
        asyncio.run(_run(settings))
    except KafkaConnectionError as error:
        log.critical("no broker answers", bootstrap=settings.bootstrap, error=str(error))
        sys.exit(BROKEN)
    except RedisError as error:
        log.critical("the store does not answer", redis=shown(settings.redis), error=str(error))
        sys.exit(BROKEN)
    except cluster.Refused as error:
        log.critical("topics are missing", why=str(error))
        sys.exit(BROKEN)
    except (Exception, asyncio.CancelledError):  # aiokafka lets the latter out of `stop` while brokers are away
        log.exception("broken")
        sys.exit(BROKEN)
    sys.exit(DONE)


async def _run(settings: Settings) -> None:
    health = Health()
    process = Process(settings, health)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, process.stop)
    if settings.http_port:
        await health.serve(settings.http_host, settings.http_port)
    try:
        await process.run()
    finally:
        await health.close()
