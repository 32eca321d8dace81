"""`lianfang worker`: one worker process, until stopped."""

from __future__ import annotations

import asyncio
import sys

import click
from aiokafka.errors import KafkaError

from connectors.cli import PORT
from connectors.topics import cluster
from streams import logs
from streams.app import build
from streams.engine import ALARM, FAILED
from streams.kafka import words_of
from streams.parameters import BadRules, Rules
from streams.settings import Settings


@click.command()
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--http-port", type=PORT, help="Port of /metrics, /healthz and /readyz; 0: none.")
@click.option("--json", "as_json", is_flag=True, help="Log lines as JSON.")
def command(*, bootstrap: str | None, http_port: int | None, as_json: bool) -> None:
    """Intake, staff, operators and routing, until SIGTERM. As many processes as one likes share the partitions.

    Exits 0 when told to stop, 70 when something broke (start it again: it goes on where it was), 78 when topics, state
    or rules do not fit (starting again can't help).
    """
    given = {"bootstrap": bootstrap, "http_port": http_port, "log_format": "json" if as_json else None}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    logs.configure(form=settings.log_format, level=settings.log_level, process="worker")
    log = logs.get(__name__)
    try:
        Rules.load(settings.rules)
        asyncio.run(cluster.refuse_other(settings))
    except (BadRules, cluster.Refused) as error:
        log.critical("refused to start", why=str(error))
        sys.exit(ALARM)
    except (KafkaError, OSError, TimeoutError) as error:
        log.critical("no broker answers", bootstrap=settings.bootstrap, error=words_of(error))
        sys.exit(FAILED)
    build(settings)
