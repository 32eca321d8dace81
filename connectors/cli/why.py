"""`lianfang why`: the facts of an alert, its due, its rule with the basis, the point of the log, who was told."""

from __future__ import annotations

import asyncio
import sys

import click
import orjson
from aiokafka.errors import KafkaError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.markup import escape

from connectors.cli import DONE, UNUSABLE
from connectors.state.known import NoState, read_known
from connectors.state.showing import as_json, show
from connectors.terminal import in_a_line, terminal
from connectors.views.reaching import no_store
from connectors.views.read import Told, Views
from schemas.alerts import PRIVATE, Alert, Kind
from streams.explanation import Explanation
from streams.kafka import words_of
from streams.parameters import BadRules, Rules
from streams.settings import Settings


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("alert")
@click.option("--private", is_flag=True, help="Alerts about staff, too.")
@click.option("--bootstrap", help="Kafka, instead of the setting's.")
@click.option("--redis", help="URL of the Redis, instead of the setting's.")
@click.option("--json", "json_out", is_flag=True, help="For a program.")
def command(alert: str, bootstrap: str | None, redis: str | None, *, private: bool, json_out: bool) -> None:
    """Why ALERT (its id) stands, or stood: the records, the due, the rule, the log, and who was told what."""
    given = {name: value for name, value in (("bootstrap", bootstrap), ("redis", redis)) if value is not None}
    settings = Settings(**given)  # type: ignore[arg-type]
    try:
        found, told, explanation = asyncio.run(_ask(settings, alert, private=private))
    except RedisError as error:
        click.echo(str(no_store(settings.redis, error)), err=True)
        sys.exit(UNUSABLE)
    except (KafkaError, TimeoutError) as error:
        click.echo(f"Kafka at {settings.bootstrap} does not answer: {words_of(error)}", err=True)
        sys.exit(UNUSABLE)
    except (NoState, BadRules) as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    if found is None:
        click.echo(
            f"no alert has the id {alert!r}" + ("" if private else " (or it is private: say --private)"), err=True
        )
        sys.exit(UNUSABLE)
    if json_out:
        _print_json(found, told, explanation)
    else:
        _print(found, told, explanation)
    sys.exit(DONE)


async def _ask(
    settings: Settings, identity: str, *, private: bool
) -> tuple[Alert | None, list[Told], Explanation | None]:
    client = Redis.from_url(settings.redis, socket_connect_timeout=5)
    try:
        views = Views(client, settings.prefix)
        alert = await views.alert(identity, private=private)
        if alert is None:
            return None, [], None
        told = await views.told(identity)
    finally:
        await client.aclose()
    known = await read_known(settings, alert.operator, alert.subject)
    return alert, told, known.explain(Kind(alert.kind), alert.subject, Rules.load(settings.rules))


def _print(alert: Alert, told: list[Told], explanation: Explanation | None) -> None:
    console = terminal(soft_wrap=True)
    ended = f", resolved by {alert.resolved_by}" if alert.resolved_by else ""
    console.print(f"[bold]{alert.id}[/] {alert.status}{ended}, episode {alert.episode}", highlight=False)
    console.print(f"  {in_a_line(alert.text)}", highlight=False)
    console.print(f"  since {alert.since}, changed {alert.changed_at}, revision {alert.revision}", highlight=False)
    console.print("  rests on:" if alert.because else "  rests on no record: it is one that is missing")
    for item in alert.because:
        console.print(f"    [dim]{escape(f'{item.type} {item.source} {item.id}, {item.time}')}[/]", highlight=False)
    tick = alert.as_of.tick or "no tick yet"
    console.print(
        f"  said as of tick {tick}, journal partition {alert.as_of.partition}, offset {alert.as_of.offset}",
        highlight=False,
    )
    if explanation is not None:
        console.print("now:")
        show(explanation, console)
    console.print("told:" if told else "told: nobody")
    for one in told:
        reason = _reason(one)
        outcome = f"{one.outcome}({reason})" if reason else str(one.outcome)
        whom = " ".join(part for part in (str(one.role), one.recipient) if part)
        through = f" by {one.channel}" if one.channel else ""
        line = f"{one.made_at} {whom}{through}: {one.about.change}, {outcome}"
        console.print(f"  {escape(line)}", highlight=False)


def _reason(told: Told) -> str | None:
    """Why the last outcome that gave a reason was what it was."""
    return next((receipt.reason for receipt in reversed(told.receipts) if receipt.reason), None)


def _print_json(alert: Alert, told: list[Told], explanation: Explanation | None) -> None:
    value = {
        "alert": alert,
        "private": alert.kind in PRIVATE,
        "now": as_json(explanation) if explanation else None,
        "told": [
            {
                "notice": item.notice,
                "recipient": item.recipient,
                "role": item.role,
                "channel": item.channel,
                "made_at": item.made_at,
                "change": item.about.change,
                "outcome": item.outcome,
                "reason": _reason(item),
            }
            for item in told
        ],
    }
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
