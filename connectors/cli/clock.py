"""`lianfang clock`: the clock process, until stopped."""

from __future__ import annotations

import asyncio
import signal
import sys

import click
from aiokafka.errors import KafkaConnectionError

from connectors.cli import DONE, PORT
from connectors.topics import cluster
from streams import logs
from streams.clock.process import connected
from streams.engine.ends import ALARM, FAILED
from streams.health import Health
from streams.parameters import BadRules, Rules
from streams.settings import Settings


@click.command()
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--http-port", type=PORT, help="Port of /metrics, /healthz and /readyz; 0: none.")
@click.option("--json", "as_json", is_flag=True, help="Log lines as JSON.")
def command(*, bootstrap: str | None, http_port: int | None, as_json: bool) -> None:
    """Append ticks behind the barrier, at every multiple of the setting `tick`, until stopped.

    As many clocks may run as one likes. Not for simulated time: there the driver says what time it is.

    Exits 0 when told to stop, 70 when something broke (start it again), 78 when topics or rules do not fit.
    """
    given = {"bootstrap": bootstrap, "http_port": http_port, "log_format": "json" if as_json else None}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    logs.configure(form=settings.log_format, level=settings.log_level, process="clock")
    sys.exit(asyncio.run(_run(settings)))


async def _run(settings: Settings) -> int:
    log = logs.get(__name__)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    health = Health()
    try:
        rules = Rules.load(settings.rules)
        await cluster.refuse_other(settings)
        if settings.http_port:
            await health.serve(settings.http_host, settings.http_port)
        async with connected(settings, rules.holding_feeds, health) as clock:
            await clock.run(stop)
    except (BadRules, cluster.Refused) as error:
        log.error("refused-to-start", why=str(error))  # noqa: TRY400 - words for operations, not a traceback
        return ALARM
    except KafkaConnectionError as error:
        log.critical("no broker answers", bootstrap=settings.bootstrap, error=str(error))
        return FAILED
    except Exception as error:
        log.exception("clock-ended", error=type(error).__name__)
        return FAILED
    finally:
        await health.close()
    log.info("stopped")
    return DONE
