"""`lianfang topics`: create topics or compare them, and print the access rules they need."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict

import click
import orjson
from aiokafka.errors import KafkaError

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.topics import access, cluster
from connectors.topics.wanted import Said
from schemas.topics import load
from streams.kafka import words_of
from streams.settings import Commit, Settings


@click.command()
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--compare", is_flag=True, help="Only compare; create and grow nothing.")
@click.option("--acls", is_flag=True, help="Print the access rules that each role needs; no broker is asked.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(*, bootstrap: str | None, compare: bool, acls: bool, as_json: bool) -> None:
    """Create the topics that are missing, let public ones grow, and say what is not as it should be.

    Journals keep the number of partitions of their first start; another number is refused. Settings of topics that
    differ are named, not changed.
    """
    settings = Settings() if bootstrap is None else Settings(bootstrap=bootstrap)
    if acls:
        _print_rules(settings, as_json=as_json)
        sys.exit(DONE)
    try:
        said = asyncio.run(_said(settings, compare=compare))
    except cluster.Refused as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    except (KafkaError, TimeoutError) as error:
        click.echo(f"{settings.bootstrap}: {words_of(error)}", err=True)
        sys.exit(UNUSABLE)
    for one in said:
        if as_json:
            click.echo(orjson.dumps(asdict(one) | {"wrong": one.wrong}).decode())
        else:
            click.echo(f"{one.finding:17} {one.topic}  {one.text}")
    wrong = sum(one.wrong for one in said)
    if wrong:
        click.echo(f"{wrong} not as wanted", err=True)
    sys.exit(FOUND_WRONG if wrong else DONE)


async def _said(settings: Settings, *, compare: bool) -> list[Said]:
    if settings.commit is Commit.PLAIN:
        settings = await cluster.as_they_are(settings)
    return await (cluster.check(settings) if compare else cluster.ensure(settings))


def _print_rules(settings: Settings, *, as_json: bool) -> None:
    for rule in access.rules(load(), settings):
        line = orjson.dumps(asdict(rule)).decode() if as_json else access.command(rule, settings.bootstrap)
        click.echo(line)
