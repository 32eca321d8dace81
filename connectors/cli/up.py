"""`lianfang up`: the whole system, nothing replayed, until stopped."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from aiokafka.errors import KafkaError

from connectors.cli import DONE, PORT, UNUSABLE
from connectors.embedded import ALARM, Supervisor
from connectors.runtime import NotReady, Place, Running, StoppedForGood, Wish, embedded, example, given, running
from connectors.sending.publishing import NoBroker
from connectors.topics import cluster
from connectors.views.reaching import NoStore, shown
from streams import logs

BROKEN = 70
_LOOK_EVERY = 0.5


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--bootstrap", help="Brokers of your own, instead of the setting's.")
@click.option("--redis", help="URL of a Redis of your own, instead of the setting's.")
@click.option("--volatile", is_flag=True, help="On the embedded broker and store: nothing outlives this command.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
@click.option(
    "--sandbox/--no-sandbox",
    default=None,
    help="Messages go to the sandbox instead of the providers of the settings.  [default: with --volatile]",
)
@click.option("--sandbox-port", default=0, type=PORT, help="Port of the sandbox; 0: a free one.")
@click.option("--json", "as_json", is_flag=True, help="Where everything is, as JSON.")
def command(
    *,
    bootstrap: str | None,
    redis: str | None,
    volatile: bool,
    workers: int,
    sandbox: bool | None,
    sandbox_port: int,
    as_json: bool,
) -> None:
    """Start workers, clock, bridges and views, and keep them running until Ctrl-C.

    On servers of your own: --bootstrap and --redis, or the settings (LIANFANG_BOOTSTRAP, LIANFANG_REDIS …). On the
    embedded ones only with --volatile, because nothing outlives it there: no record, no alert, no journal.

    Exit 2 if a server does not answer, 70 when something broke, 78 when a process refused to go on (topics, state or
    rules do not fit).
    """
    if volatile and (bootstrap or redis):
        raise click.UsageError("--volatile starts a broker and a store of its own; --bootstrap and --redis name others")
    if not volatile and not bootstrap and not _named():
        raise click.UsageError(
            "name your servers with --bootstrap and --redis (or LIANFANG_BOOTSTRAP), or say --volatile: "
            "on the embedded ones nothing outlives this command"
        )
    logs.configure(form="console", level="warning", process="up")
    wish = Wish(workers, clock=True, sandbox=volatile if sandbox is None else sandbox, sandbox_port=sandbox_port)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(_up(wish, bootstrap, redis, volatile=volatile, as_json=as_json))
    except KeyboardInterrupt:
        click.echo("stopped; nothing is left running", err=True)
        sys.exit(DONE)
    except (NoBroker, NoStore) as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    except (StoppedForGood, cluster.Refused) as error:
        click.echo(str(error), err=True)
        sys.exit(ALARM)
    except (NotReady, KafkaError, TimeoutError, OSError) as error:
        click.echo(f"did not start: {error}", err=True)
        sys.exit(BROKEN)


def _named() -> bool:
    """Whether the environment or a settings file names servers."""
    import os  # noqa: PLC0415 - read when asked, so that a test may set it

    return bool(os.environ.get("LIANFANG_BOOTSTRAP") or os.environ.get("LIANFANG_SETTINGS"))


def _up(wish: Wish, bootstrap: str | None, redis: str | None, *, volatile: bool, as_json: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="lianfang-up-") as name, Supervisor() as supervisor:
        folder = Path(name)
        if volatile:
            click.echo("embedded broker and store: nothing outlives this command", err=True)
        extra = {"LIANFANG_LOG_FORMAT": "json"}
        place = embedded(supervisor, folder, extra) if volatile else given(bootstrap, redis, extra)
        click.echo("starting …", err=True)
        with running(place, supervisor, folder, wish) as run:
            for words in run.left_out:
                click.echo(words, err=True)
            _say(place, run, as_json=as_json)
            while (child := run.alarmed()) is None:
                time.sleep(_LOOK_EVERY)
            raise StoppedForGood(f"{child.name} will not start again: {run.reason(child.name)}")


def _say(place: Place, run: Running, *, as_json: bool) -> None:
    """Where everything is, and how one publishes."""
    store = shown(place.settings.redis)  # what is printed may be kept: no password
    metrics = {name: f"http://{place.settings.http_host}:{port}/metrics" for name, port in run.ports.items()}
    if as_json:
        addresses = {"bootstrap": place.settings.bootstrap, "redis": store, "sandbox": run.sandbox}
        example = [str(path) for path in _example(place, run)]
        click.echo(json.dumps(addresses | {"metrics": metrics, "logs": str(run.folder), "example": example}))
        sys.stdout.flush()
        return
    bootstrap = place.settings.bootstrap
    click.echo(f"broker   {bootstrap}\nstore    {store}")
    if run.sandbox is not None:
        click.echo(f"phones   {run.sandbox}")
    click.echo(f"metrics  {' '.join(f'{name} {address}' for name, address in metrics.items())}")
    click.echo(f"logs     {run.folder}")
    prefix = f"LIANFANG_PREFIX={place.settings.prefix} " if place.settings.prefix else ""
    environment = f"LIANFANG_BOOTSTRAP={bootstrap} LIANFANG_COMMIT={place.settings.commit} {prefix}"
    if files := _example(place, run):
        click.echo("\na shop with its owner and officer, and a sale without a code, for the phones to show:\n")
        click.echo(f"  {environment}lianfang send {' '.join(map(str, files))}")
    else:
        click.echo(f"\npublish records:  {environment}lianfang send FILE   (docs/integrate.md: with any Kafka client)")
    click.echo(
        f"\nwhat stands:  LIANFANG_REDIS={store} {prefix}lianfang alerts\n"
        f"why, why-not, dead-letters: the same with {environment.strip()}\n\nCtrl-C stops all of it"
    )
    sys.stdout.flush()


def _example(place: Place, run: Running) -> list[Path]:
    """Where messages reach nobody but the sandbox, something to try it with; nothing where they reach people."""
    return example.write(run.folder, place.settings.county) if run.sandbox is not None else []


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
