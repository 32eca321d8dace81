"""`lianfang dead-letters`: list, show and send again what could not be used."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Any

import click
import orjson

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.dead_letters.letter import Letter, type_of
from connectors.dead_letters.masking import masked_key, masked_text, masked_value, masked_word
from connectors.dead_letters.reading import Reader, Unreadable
from connectors.dead_letters.resending import obstacle, send_again
from connectors.sending.publishing import NoBroker
from schemas.envelope import PUBLIC_TOPICS
from schemas.reasons import Reason
from schemas.times import DAY, HOUR, MINUTE, SECOND, format_instant, parse_instant
from streams.journal import JOURNALS
from streams.settings import Settings

ORIGINS = [*PUBLIC_TOPICS, *dict.fromkeys(JOURNALS.values())]
"""Where what could not be used may have come from."""
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


class Instant(click.ParamType):
    """A time with its offset, or how long ago (30m, 24h, 7d)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        ago = re.fullmatch(r"(\d{1,6})([smhd])", value)
        if ago:
            return time.time_ns() // 1_000_000 - int(ago[1]) * _UNITS[ago[2]]
        try:
            return parse_instant(value)
        except ValueError as error:
            self.fail(f"{value}: {error}, nor how long ago (30m, 24h, 7d)", param, ctx)


class Position(click.ParamType):
    """`partition/offset` of a dead letter."""

    name = "position"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch(r"(\d+)/(\d+)", value) if isinstance(value, str) else None
        if match is None:
            self.fail(f"{value}: partition/offset is expected, as `list` shows it", param, ctx)
        return int(match[1]), int(match[2])


@dataclass(frozen=True)
class Mark:
    """Where a page begins: which way, and the offset of each partition."""

    backwards: bool
    offsets: dict[int, int]

    def __str__(self) -> str:
        places = ",".join(f"{partition}/{offset}" for partition, offset in sorted(self.offsets.items()))
        return f"{'before' if self.backwards else 'from'}:{places}"


class Page(click.ParamType):
    """`before:` or `from:`, and `partition/offset` of each partition, joined by commas."""

    name = "page"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Mark:
        if isinstance(value, Mark):
            return value
        way, _, places = value.partition(":")
        if way not in ("before", "from"):
            self.fail(f"{value}: expected what the page before it has said", param, ctx)
        return Mark(way == "before", dict(Position().convert(part, param, ctx) for part in places.split(",")))


@dataclass(frozen=True)
class Wanted:
    """Which letters."""

    reason: str | None = None
    topic: str | None = None
    since: int | None = None
    until: int | None = None

    def has(self, letter: Letter) -> bool:
        """Whether a letter is one of them."""
        return (
            (self.reason is None or letter.said("reason") == self.reason)
            and (self.topic is None or letter.said("origin-topic") == self.topic)
            and (self.since is None or letter.time >= self.since)  # a broker without an index of times begins earlier
            and (self.until is None or letter.time <= self.until)
        )


def _filters(function: Any) -> Any:
    for option in (
        click.option("--until", type=Instant(), help="Letters written until then."),
        click.option("--since", type=Instant(), help="Letters written since then: a time, or how long ago (24h)."),
        click.option("--topic", type=click.Choice(ORIGINS), help="The topic they came from."),
        click.option("--reason", type=click.Choice([str(reason) for reason in Reason]), help="Why they are there."),
    ):
        function = option(function)
    return function


def _place(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Remember where the letters are, whether that was said before the word of the subcommand or after it."""
    if value is not None and param.name is not None:
        ctx.ensure_object(dict)[param.name] = value


def _somewhere(function: Any) -> Any:
    for name, words in (
        ("--prefix", "Prefix of the topics' names, instead of the setting's."),
        ("--bootstrap", "Brokers, instead of the setting's."),
    ):
        function = click.option(name, help=words, callback=_place, expose_value=False)(function)
    return function


@click.group()
@_somewhere
def command() -> None:
    """What could not be used, and why. Names, numbers and results of people are never shown."""


@command.command("list")
@_somewhere
@_filters
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="Letters on one page.")
@click.option("--page", type=Page(), help="Go on where the last page ended; it says how.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_letters(
    place: dict[str, str] | None, /, *, limit: int, page: Mark | None, as_json: bool, **filters: Any
) -> None:
    """List dead letters, newest first; with --since those from then on, oldest first."""
    wanted = Wanted(**filters)
    if page is not None and page.backwards != (wanted.since is None):
        raise click.UsageError("--page goes with the options of the page before it")
    _run(_list(_settings(place), wanted, limit, page, as_json=as_json))


@command.command("show")
@_somewhere
@click.argument("position", type=Position())
@click.option("--json", "as_json", is_flag=True, help="One JSON object in one line.")
@click.pass_obj
def show_letter(place: dict[str, str] | None, /, *, position: tuple[int, int], as_json: bool) -> None:
    """Show one dead letter, without what may be personal."""
    _run(_show(_settings(place), position, as_json=as_json))


@command.command("send-again")
@_somewhere
@click.argument("positions", nargs=-1, type=Position())
@_filters
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def send_letters_again(
    place: dict[str, str] | None,
    /,
    *,
    positions: tuple[tuple[int, int], ...],
    dry_run: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Send dead letters to where they came from: those at POSITIONS, or all that fit the options.

    Bytes, key and headers are the original's; a header says that they come again. Intake judges them as anything else.
    """
    wanted = Wanted(**filters)
    if bool(positions) == (wanted != Wanted()):
        raise click.UsageError("name positions, or say which letters by --reason, --topic, --since, --until")
    _run(_send_again(_settings(place), positions, wanted, dry_run=dry_run, as_json=as_json))


def _settings(place: dict[str, str] | None) -> Settings:
    return Settings(**(place or {}))  # type: ignore[arg-type]  # both are texts


def _run(work: Awaitable[int]) -> None:
    async def run() -> int:
        return await work

    try:
        code = asyncio.run(run())
    except (Unreadable, NoBroker) as error:
        click.echo(str(error), err=True)
        code = UNUSABLE
    sys.exit(code)


async def _list(settings: Settings, wanted: Wanted, limit: int, page: Mark | None, *, as_json: bool) -> int:
    shown = 0
    offsets = page.offsets if page is not None else {}
    async with Reader(settings) as reader:
        pages = _oldest(reader, wanted, offsets) if wanted.since is not None else _newest(reader, wanted, offsets)
        async for letter, mark in pages:
            if shown == limit:
                click.echo(f"more: --page {mark}", err=True)
                return DONE
            shown += 1
            click.echo(orjson.dumps(_summary(letter)).decode() if as_json else _line(letter))
    click.echo(f"{shown} dead letters", err=True)
    return DONE


async def _newest(reader: Reader, wanted: Wanted, before: dict[int, int]) -> AsyncIterator[tuple[Letter, Mark]]:
    """Wanted letters, each with the page that begins with it."""
    backwards = await reader.newest(wanted.has, before, wanted.until)
    async for letter in backwards.letters():
        yield letter, Mark(backwards=True, offsets={**backwards.unseen, letter.partition: letter.offset + 1})


async def _oldest(reader: Reader, wanted: Wanted, start: dict[int, int]) -> AsyncIterator[tuple[Letter, Mark]]:
    """The same, from a time on."""
    following = dict(start)
    async for letter in reader.letters(start, wanted.since):
        if wanted.until is not None and letter.time > wanted.until:
            return
        if wanted.has(letter):
            yield letter, Mark(backwards=False, offsets={letter.partition: letter.offset, **following})
        following[letter.partition] = letter.offset + 1


async def _show(settings: Settings, position: tuple[int, int], *, as_json: bool) -> int:
    async with Reader(settings) as reader:
        letter = await reader.at(*position)
    if letter is None:
        click.echo(f"{position[0]}/{position[1]}: there is no dead letter (any longer)", err=True)
        return FOUND_WRONG
    names = [name for name, _ in letter.originals]
    shown = _summary(letter) | {
        "headers": [masked_text(name, 64) for name in names],
        "value": masked_value(letter.value),
    }
    click.echo(orjson.dumps(shown, option=0 if as_json else orjson.OPT_INDENT_2).decode())
    return DONE


async def _send_again(
    settings: Settings, positions: tuple[tuple[int, int], ...], wanted: Wanted, *, dry_run: bool, as_json: bool
) -> int:
    counts = {"sent": 0, "failed": 0}
    async with Reader(settings) as reader:
        chosen = _chosen(reader, positions, wanted)
        outcomes = _pretend(chosen) if dry_run else send_again(settings, chosen)
        async for letter, problem in outcomes:
            outcome = "failed" if problem else "sent"
            counts[outcome] += 1
            said = {"outcome": "would be sent" if dry_run and not problem else outcome, "message": problem}
            if as_json:
                click.echo(orjson.dumps(_summary(letter) | said).decode())
            else:
                click.echo(
                    f"{said['outcome']}  {letter.position} → {letter.said('origin-topic')}  {problem or ''}".rstrip()
                )
    missing = len(positions) - sum(counts.values()) if positions else 0
    if missing:
        click.echo(f"{missing} of these positions hold no dead letter (any longer)", err=True)
    click.echo(f"{counts['sent']} {'would be ' if dry_run else ''}sent, {counts['failed']} failed", err=True)
    return FOUND_WRONG if counts["failed"] or missing else DONE


async def _chosen(reader: Reader, positions: tuple[tuple[int, int], ...], wanted: Wanted) -> AsyncIterator[Letter]:
    for position in positions:
        letter = await reader.at(*position)
        if letter is not None:
            yield letter
    if positions:
        return
    async for letter in reader.letters(since=wanted.since):
        if wanted.until is not None and letter.time > wanted.until:
            return
        if wanted.has(letter):
            yield letter


async def _pretend(letters: AsyncIterator[Letter]) -> AsyncIterator[tuple[Letter, str | None]]:
    async for letter in letters:
        yield letter, obstacle(letter)


def _summary(letter: Letter) -> dict[str, Any]:
    return {
        "position": letter.position, "time": format_instant(letter.time), "reason": letter.said("reason"),
        "message": masked_text(letter.said("message"), 500), "origin": letter.origin,
        "origin_time": letter.said("origin-time"), "key": masked_key(letter.key),
        "type": masked_word(letter.type or type_of(letter), 64),
        "bytes": letter.size,
    }  # fmt: skip


def _line(letter: Letter) -> str:
    said = _summary(letter)
    return "  ".join(
        (said["position"], said["time"], said["reason"], said["origin"], said["type"] or "-", said["message"])
    )
