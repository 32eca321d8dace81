"""`python -m connectors.demo.ledger`: counts what was planted, told, missed, false and doubled, from the topics."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
import orjson
from aiokafka.errors import KafkaError

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.demo.ledger.count import Sums, count
from connectors.demo.ledger.reading import Reader
from connectors.demo.ledger.show import as_json, show
from connectors.demo.truth import Unusable, read_truth
from connectors.terminal import terminal
from streams.parameters import BadRules, Rules
from streams.settings import Settings

PLAIN_WIDTH = 110
"""Columns where there is no terminal to ask."""
SETTLED_WITHIN = 60.0
"""Seconds after the end of the history within which every notice must have come to an end."""


@click.command()
@click.option("--truth", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--sandbox", help="Address of the sandbox: its messages are what people have seen.")
@click.option("--follow", is_flag=True, help="Watch from now on; count when a line comes on standard input.")
@click.option("--json", "json_form", is_flag=True, help="The ledger as JSON.")
def command(*, truth: Path, bootstrap: str | None, sandbox: str | None, follow: bool, json_form: bool) -> None:
    """Count a history that was replayed. Exit 1 if anything was missed, false or doubled, or people got too much."""
    settings = Settings(bootstrap=bootstrap) if bootstrap is not None else Settings()
    try:
        planted = read_truth(truth)
        goods = set(Rules.load(settings.rules).goods_classes)
        reader = asyncio.run(_read(settings, sandbox, follow=follow))
    except (Unusable, BadRules, KafkaError) as error:
        click.echo(f"{error}", err=True)
        sys.exit(UNUSABLE)
    if reader is None:
        sys.exit(DONE)  # whoever asked for it has gone
    sums = count(reader.evidence, planted, goods, settings.county)
    for notice in sorted(reader.open_notices()):
        sums.missed.append(f"notice {notice} came to no end within {SETTLED_WITHIN:.0f} s")
    _print(sums, json_form=json_form)
    sys.exit(FOUND_WRONG if sums.wrong else DONE)


def _print(sums: Sums, *, json_form: bool) -> None:
    if json_form:
        click.echo(orjson.dumps(as_json(sums), option=orjson.OPT_INDENT_2).decode())
    else:
        console = terminal()
        show(sums, console if console.is_terminal else terminal(width=PLAIN_WIDTH))


async def _read(settings: Settings, sandbox: str | None, *, follow: bool) -> Reader | None:
    """Everything there is; None if the one who asked ended before the history did."""
    reader = Reader(settings, sandbox)
    await reader.start()
    following = asyncio.create_task(reader.follow())
    try:
        if follow and not await asyncio.to_thread(sys.stdin.readline):
            return None
        await reader.settled(SETTLED_WITHIN)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await reader.stop()
    return reader


if __name__ == "__main__":
    command()
