"""`lianfang check`: what would be said of files, without sending anything."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.epcis.partner import BadPartner, load_partner
from connectors.sending import configuration
from connectors.sending.files import Found, Unusable, messages, open_input
from connectors.sending.judging import Judge, Judged, Outcome
from connectors.sending.saying import Sayer, saying
from schemas.envelope import PUBLIC_TOPICS
from schemas.times import parse_instant
from streams.parameters import BadRules, Rules
from streams.settings import Settings


def now() -> int:
    """This host's clock, which is only near the broker's: it is the broker's that counts."""
    return time.time_ns() // 1_000_000


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--recorded", metavar="TIME|line", help="Judge as if recorded then, or as each line's recordedtime says.")
@click.option("--topic", type=click.Choice(PUBLIC_TOPICS), help="Where voids go whose record is not in the files.")
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file, for the classes of goods.")
@click.option("--partner", type=click.Path(path_type=Path), help="The partner's file, for EPCIS documents.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    *, files: tuple[str, ...], recorded: str | None, topic: str | None, rules: Path | None, partner: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Say of each record in FILE… what `lianfang send` would, and send nothing. `-` is standard input.

    Records are JSON Lines of CloudEvents, or EPCIS 2.0 JSON. YAML files are checked as rules, topics, settings or an
    EPCIS partner's file. Exit 1 if anything would be refused, 2 if it can't be known where something goes.
    """
    try:
        judge = Judge(goods_classes(rules), clock(recorded), topic)
        known = load_partner(partner) if partner else None
    except (BadRules, BadPartner, OSError, ValueError) as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    with saying(files, as_json=as_json) as sayer:
        for name in files:
            try:
                if configuration.is_configuration(name):
                    _configuration(name, sayer)
                    continue
                with open_input(name) as stream:
                    for found in messages(name, stream, known):
                        sayer.progress(name, found.at)
                        sayer.say(judge.judge(found))
            except Unusable as error:
                sayer.cannot_use(error)
    sayer.sum_up()
    sys.exit(UNUSABLE if sayer.unusable or sayer.unplaced else FOUND_WRONG if sayer.wrong else DONE)


def goods_classes(rules: Path | None) -> frozenset[str]:
    """The classes of goods of a rules file, of the settings', or of the one that comes with the program."""
    return Rules.load(rules or Settings().rules).goods_classes


def clock(recorded: str | None) -> Callable[[], int] | None:
    """When a record is taken to be recorded; None: as its line says. ValueError."""
    if recorded is None:
        return now
    if recorded == "line":
        return None
    try:
        instant = parse_instant(recorded)
    except ValueError as error:
        raise ValueError(f"--recorded {recorded}: {error}") from None
    return lambda: instant


def _configuration(name: str, sayer: Sayer) -> None:
    kind, problems = configuration.check(name)
    for problem in problems:
        where, _, said = problem.partition(": ")
        sayer.say(Judged(Found(where), Outcome.REFUSED, type=kind, message=said))
    if not problems:
        sayer.say(Judged(Found(name), Outcome.GOOD, type=kind))
