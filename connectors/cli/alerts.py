"""`lianfang alerts`: what stands now, from the views in Redis."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import click
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connectors.cli import DONE, UNUSABLE
from connectors.terminal import in_a_line, terminal
from connectors.views.keys import By
from connectors.views.reaching import no_store
from connectors.views.read import Views, as_json
from schemas.alerts import PRIVATE, Alert, Kind, Severity
from schemas.times import DAY, HOUR, MINUTE, parse_instant
from streams.settings import Settings

COLOURS = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@click.command()
@click.option("--follow", is_flag=True, help="Then every change, as it comes, until stopped.")
@click.option("--json", "json_lines", is_flag=True, help="One alert a line, in the form of the topic.")
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), help="Only this kind.")
@click.option("--operator", help="Only of this operator.")
@click.option("--office", help="Only of operators of this office.")
@click.option("--grid", help="Only of operators in this grid.")
@click.option("--town", help="Only of operators in this town.")
@click.option("--private", is_flag=True, help="Kinds about staff, too.")
@click.option("--redis", help="URL of the Redis, instead of the setting's.")
def command(*, follow: bool, json_lines: bool, private: bool, redis: str | None, **filters: str | None) -> None:
    """What stands now, most urgent first, then oldest first.

    Exit 2 if the store does not answer or no views process has filled it.
    """
    wanted = {By(name): value for name, value in filters.items() if value is not None}
    if wanted.get(By.KIND) in set(map(str, PRIVATE)) and not private:
        click.echo(f"{wanted[By.KIND]} is private: say --private", err=True)
        sys.exit(UNUSABLE)
    settings = Settings() if redis is None else Settings(redis=redis)
    try:
        asyncio.run(_show(settings, wanted, private=private, follow=follow, json_lines=json_lines))
    except RedisError as error:
        click.echo(str(no_store(settings.redis, error)), err=True)
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        sys.exit(DONE)


async def _show(settings: Settings, wanted: Mapping[By, str], *, private: bool, follow: bool, json_lines: bool) -> None:
    client = Redis.from_url(settings.redis, socket_connect_timeout=5)
    try:
        views = Views(client, settings.prefix)
        if not await views.filled():
            click.echo(
                "no views process has filled this store: is `lianfang views` running, with this prefix?",
                err=True,
            )
            sys.exit(UNUSABLE)
        alerts = await views.standing(wanted, private=private)
        if json_lines:
            for alert in alerts:
                click.echo(as_json(alert))
        else:
            _console().print(table(alerts, now=_now(alerts, simulated=settings.simulated)))
        if follow:
            await _follow(views, wanted, private=private, json_lines=json_lines)
    finally:
        await client.aclose()


async def _follow(views: Views, wanted: Mapping[By, str], *, private: bool, json_lines: bool) -> None:
    console = _console()
    async for alert in views.changes(private=private):
        if not matches(alert, wanted):
            continue
        if json_lines:
            click.echo(as_json(alert))
        else:
            console.print(change(alert), highlight=False)


def change(alert: Alert) -> str:
    """What a person reads of an alert that begins, changes or ends, as rich's markup."""
    mark = "[green]－[/]" if alert.status == "resolved" else f"[{COLOURS[alert.severity]}]＋[/]"
    ended = f"（{alert.resolved_by}）" if alert.resolved_by else ""
    whom = f"{alert.changed_at}  {alert.kind}  {escape(alert.operator)}"
    return f"{mark} {whom}  {in_a_line(alert.text)}{ended} [dim]{alert.id}[/]"


def matches(alert: Alert, wanted: Mapping[By, str]) -> bool:
    """Whether an alert is one of those asked for."""
    place = alert.place
    has = {
        By.OPERATOR: alert.operator,
        By.KIND: str(alert.kind),
        By.OFFICE: place.office if place else None,
        By.GRID: place.grid if place else None,
        By.TOWN: place.town if place else None,
    }
    return all(has[by] == value for by, value in wanted.items())


def table(alerts: list[Alert], *, now: int) -> Table:
    """What a person reads: most urgent first, how long each has stood, the sentence itself, and the id for `why`."""
    count = f"{len(alerts)} stand" if alerts else "nothing stands"
    found = Table(title=count, title_justify="left", expand=True, pad_edge=False, box=None, header_style="bold")
    for name, options in (
        ("severity", {"no_wrap": True}),
        ("for", {"no_wrap": True, "justify": "right"}),
        ("kind", {"no_wrap": True}),
        ("operator", {"overflow": "fold"}),
        ("place", {"overflow": "fold"}),
        ("what", {"overflow": "fold", "ratio": 1}),
    ):
        found.add_column(name, **options)
    for alert in alerts:
        place = f"{alert.place.town} / {alert.place.grid}" if alert.place else "—"
        severity = f"[{COLOURS[alert.severity]}]{alert.severity}[/]"
        words = ("演练 " if alert.drill else "") + alert.text
        kind = f"{alert.kind}\n[dim]{alert.id}[/]"  # in a column that stays whole: one copies it
        cells = (kind, escape(alert.operator), escape(place), in_a_line(words))
        found.add_row(severity, age(now - parse_instant(alert.since)), *cells)
    return found


def _now(alerts: list[Alert], *, simulated: bool) -> int:
    """This host's clock; in a simulation the last tick that the alerts know of."""
    ticks = [parse_instant(alert.as_of.tick) for alert in alerts if alert.as_of.tick is not None]
    return max(ticks) if simulated and ticks else int(datetime.now(UTC).timestamp() * 1000)


def _console() -> Console:
    """As wide as the terminal; wide enough for a sentence where there is none."""
    return terminal(width=None if sys.stdout.isatty() else 160)


def age(milliseconds: int) -> str:
    """How long, in the unit a person would say: 42m, 5h, 12d."""
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if milliseconds >= unit:
            return f"{milliseconds // unit}{letter}"
    return "now"
