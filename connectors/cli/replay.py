"""`lianfang replay`: run a history, or the journals of a real system, to their end and write every alert message."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, NoReturn

import click
from click.core import ParameterSource

from connectors.cli import FOUND_WRONG, UNUSABLE
from connectors.cli.progress import progress
from connectors.journal.files import Unusable, parts
from connectors.journal.replaying import Replay
from schemas.envelope import recorded_time
from schemas.times import DAY, HOUR, MINUTE, SECOND, parse_instant
from streams import logs
from streams.context import Context
from streams.parameters import BadRules, Rules
from streams.replay.journal import CannotGoOn
from streams.replay.pure import Line, PureEngine, moments
from streams.settings import Settings

_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)?", re.ASCII)
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, None: SECOND}


def _tick(_ctx: click.Context, _param: click.Parameter, text: str) -> int:
    match = _DURATION.fullmatch(text)
    length = int(match[1]) * _UNITS[match[2]] if match else 0
    if not length or DAY % length:
        raise click.BadParameter(f"{text!r}: expected a duration that divides the day, like 30s, 1m, 10m, 1h")
    return length


def _instant(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}") from None


def history(path: str) -> Iterator[Line]:
    """The lines of a history. Exit 2 where one can't be used: no recordedtime, or one that decreases."""
    previous: int | None = None
    stream: IO[bytes] = sys.stdin.buffer if path == "-" else Path(path).open("rb")  # noqa: SIM115
    with stream:
        for number, value in enumerate(stream, 1):
            if not value.strip():
                continue
            try:
                recorded = recorded_time(value)
            except ValueError as error:
                _unusable(f"{path}:{number}: {error}")
            if previous is not None and recorded < previous:
                _unusable(f"{path}:{number}: recordedtime is earlier than that of the line before")
            previous = recorded
            yield Line(recorded, value.rstrip(b"\r\n"))


def _unusable(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(UNUSABLE)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--journal",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Instead of FILE: a folder that `lianfang journal` wrote.",
)
@click.option(
    "--alerts", "out", required=True, type=click.Path(dir_okay=False, allow_dash=True), help="Where to write."
)
@click.option("--rows", "rows_out", type=click.Path(dir_okay=False), help="With --journal: where the rows go.")
@click.option("--until", callback=_instant, help="Read no later lines, tick no later (RFC 3339).")
@click.option("--tick", default="1m", show_default=True, callback=_tick, help="Length of a tick; divides the day.")
@click.option("--engine", type=click.Choice(["pure", "kafka"]), default="pure", show_default=True)
@click.option("--rules", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another rules file.")
@click.option("--bootstrap", help="With --engine kafka: a broker of your own instead of the embedded one.")
@click.option("--json", "as_json", is_flag=True, help="The closing figures as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    file: str | None,
    journal: Path | None,
    out: str,
    rows_out: str | None,
    rules: Path | None,
    as_json: bool,
    **clocked: Any,
) -> None:
    """Run a history (JSON Lines of CloudEvents with recordedtime) under a clock of its own, as fast as it can.

    Every alert message goes to --alerts in order, one a line, private ones too. With --journal no history is run but
    what workers read: records and ticks in the order of the journal; --rows then writes what they must have stored.
    Settings (county, drill) and rules must be those of the workers. Exit 2 if FILE is no usable history, or the folder
    no usable journal.
    """
    _check_usage(ctx, file, journal, rows_out)
    _check_places(file, journal, out, rows_out)
    try:
        settings = Settings(simulated=True) if rules is None else Settings(rules=rules, simulated=True)
        context = Context(settings=settings, rules=Rules.load(settings.rules), partitions={})
    except (BadRules, OSError) as error:
        _unusable(str(error))
    try:
        with _written(out) as target:
            if journal is not None:
                with _written(rows_out) if rows_out else nullcontext() as rows:
                    figures = _of_journal(journal, context, target, rows)
            else:
                figures = _of_history(history(file or "-"), context, target, quiet=as_json, **clocked)
    except OSError as error:
        _unusable(f"{error.filename or out}: {error.strerror}")
    _report(figures, as_json=as_json)


def _check_usage(ctx: click.Context, file: str | None, journal: Path | None, rows_out: str | None) -> None:
    if (file is None) == (journal is None):
        raise click.UsageError("name a FILE, or a folder with --journal")
    if journal is None and rows_out is not None:
        raise click.UsageError("--rows goes with --journal")
    given = [
        f"--{name}" for name in ("until", "tick", "engine", "bootstrap")
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    ]  # fmt: skip
    if journal is not None and given:
        raise click.UsageError(f"{', '.join(given)}: a journal has its own ticks and its own end")


def _check_places(file: str | None, journal: Path | None, out: str, rows_out: str | None) -> None:
    """Nothing that is read may be written, nor one file twice. UsageError."""
    written = {
        option: os.path.realpath(place)
        for option, place in (("--alerts", out), ("--rows", rows_out))
        if place not in (None, "-")
    }
    for option, place in written.items():
        if file not in (None, "-") and place == os.path.realpath(file):
            raise click.UsageError(f"{option} names FILE itself")
        if journal is not None and Path(place).is_relative_to(os.path.realpath(journal)):
            raise click.UsageError(f"{option} names a place in the folder of the journal")
    if len(written) > len(set(written.values())):
        raise click.UsageError("--alerts and --rows name one file")


@contextmanager
def _written(out: str) -> Iterator[IO[bytes]]:
    """Where the messages go: put in place at the end, so that a run that fails leaves what was there, FILE included.
    What is no ordinary file (a pipe, /dev/null) is written to as it is; nothing may be put in its place.
    """
    if out == "-":
        yield sys.stdout.buffer
        return
    place = Path(os.path.realpath(out))  # a link stays one
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), out)
    if place.exists() and not place.is_file():
        with place.open("wb") as target:
            yield target
        return
    partial = place.with_name(f"{place.name}.partial")
    try:
        with partial.open("wb") as target:
            yield target
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)


def _pure(lines: Iterator[Line], target: IO[bytes], until: int | None, tick: int, context: Context) -> dict[str, int]:
    pure = PureEngine(context)
    figures = {"lines": 0, "ticks": 0, "messages": 0}
    for moment in moments(lines, tick, until, pure.next_due):
        if moment.line is not None:
            if not figures["lines"]:
                pure.begin(moment.line.recorded)
            figures["lines"] += 1
            outputs = pure.record(moment.line)
        else:
            figures["ticks"] += 1
            outputs = pure.tick(moment.tick or 0)
        for output in outputs:
            target.write((output.value or b"") + b"\n")
            figures["messages"] += 1
    return figures | {"refused": pure.refused}


def _of_history(
    lines: Iterator[Line], context: Context, target: IO[bytes],
    *, until: int | None, tick: int, engine: str, bootstrap: str | None, quiet: bool,
) -> dict[str, int]:  # fmt: skip
    if engine == "kafka":
        from connectors.replay_kafka import NoPlace, run  # noqa: PLC0415 - starts servers; pure needs none of it

        logs.configure(form="console", level="warning", process="replay")
        try:
            return run(
                lines, target, until=until, tick=tick, settings=context.settings, bootstrap=bootstrap, quiet=quiet
            )
        except NoPlace as error:
            _unusable(str(error))
    return _pure(lines, target, until, tick, context)


def _of_journal(folder: Path, context: Context, alerts: IO[bytes], rows: IO[bytes] | None) -> dict[str, int]:
    try:
        found = parts(folder)
        for part in found:
            if part.beginning:
                click.echo(
                    f"{part.name} begins at offset {part.beginning}: what was before is no longer kept, "
                    "and rows and alerts that rest on it come out otherwise",
                    err=True,
                )
        with progress("entries", sum(part.end - part.beginning for part in found)) as tell:
            return Replay(folder, found, context, tell).run(alerts, rows)
    except Unusable as error:
        _unusable(str(error))
    except CannotGoOn as error:
        click.echo(f"no worker can pass this entry: {error}", err=True)
        sys.exit(FOUND_WRONG)


def _report(figures: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        import orjson  # noqa: PLC0415

        click.echo(orjson.dumps(figures).decode(), err=True)
        return
    words = ", ".join(f"{count:,} {name}" for name, count in figures.items())
    click.echo(words, err=True)
