"""`lianfang journal`: write the journals of a running system to a folder, for `lianfang replay --journal`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
import orjson

from connectors.cli import DONE, UNUSABLE
from connectors.cli.progress import progress
from connectors.journal.reading import Unreadable, save
from streams.settings import Settings


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--prefix", help="Prefix of the topics' names, instead of the setting's.")
@click.option("--json", "as_json", is_flag=True, help="The closing figures as JSON.")
def command(*, folder: Path, bootstrap: str | None, prefix: str | None, as_json: bool) -> None:
    """Write every journal, each partition from its first entry to its present end, to DIR, which must not exist yet.

    A file of JSON Lines for each partition. The files hold what journals hold, names and telephone numbers of people
    among it: only their owner may read them. Exit 2 if no journal can be read.
    """
    named = {name: value for name, value in (("bootstrap", bootstrap), ("prefix", prefix)) if value is not None}
    settings = Settings(**named)  # type: ignore[arg-type]  # both are texts
    if folder.exists():
        raise click.UsageError(f"{folder} is there already; nothing is written over")
    try:
        with progress("entries") as tell:
            counts = asyncio.run(save(settings, folder, tell))
    except Unreadable as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    except OSError as error:
        click.echo(f"{error.filename or folder}: {error.strerror}", err=True)
        sys.exit(UNUSABLE)
    figures = {"files": len(counts), "entries": sum(counts.values())}
    if as_json:
        click.echo(orjson.dumps(figures).decode(), err=True)
    else:
        click.echo(", ".join(f"{count:,} {name}" for name, count in figures.items()), err=True)
    sys.exit(DONE)
