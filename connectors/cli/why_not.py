"""`lianfang why-not`: why something does not stand (or that it does), in the words of `why`."""

from __future__ import annotations

import asyncio
import sys

import click
import orjson
from aiokafka.errors import KafkaError

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.state.known import Known, NoState, read_known
from connectors.state.showing import as_json, show
from connectors.terminal import terminal
from schemas.alerts import PRIVATE, Kind
from schemas.times import date_of, format_instant, parse_date
from streams.kafka import words_of
from streams.parameters import BadRules, Rules
from streams.settings import Settings

ABOUT_THE_OPERATOR = frozenset({Kind.SILENT, Kind.NOT_ACTIVATED, Kind.UNKNOWN_OPERATOR})
ABOUT_A_DAY = frozenset({Kind.UNCODED_GOODS, Kind.DISINFECTION_MISSING})


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("operator")
@click.argument("kind", type=click.Choice([str(kind) for kind in Kind]))
@click.argument("subject", required=False)
@click.option("--bootstrap", help="Kafka, instead of the setting's.")
@click.option("--private", is_flag=True, help="Kinds about staff, too.")
@click.option("--json", "json_out", is_flag=True, help="For a program.")
def command(
    operator: str, kind: str, subject: str | None, bootstrap: str | None, *, private: bool, json_out: bool
) -> None:
    """Why an alert of OPERATOR of this KIND about SUBJECT does not stand: its conditions, one by one.

    SUBJECT is the lot, the staff member, the sample or the day (YYYY-MM-DD; today where it is left out). OPERATOR is
    empty ('') for the positive sample of somebody whom no operator employs. Exit 1 if it does stand after all.
    """
    wanted, operator = Kind(kind), operator.strip()
    subject = subject.strip() if subject is not None else None
    _refuse(wanted, operator, subject)
    if wanted in PRIVATE and not private:
        click.echo(f"{wanted} is private: say --private", err=True)
        sys.exit(UNUSABLE)
    settings = Settings() if bootstrap is None else Settings(bootstrap=bootstrap)
    try:
        known = asyncio.run(read_known(settings, operator, subject))
        found = known.explain(wanted, _subject(wanted, subject, known), Rules.load(settings.rules))
    except (NoState, BadRules) as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    except (KafkaError, TimeoutError) as error:
        click.echo(f"Kafka at {settings.bootstrap} does not answer: {words_of(error)}", err=True)
        sys.exit(UNUSABLE)
    if json_out:
        click.echo(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2).decode())
    else:
        console = terminal(soft_wrap=True)
        show(found, console)
        place = f"{known.journal}/{known.partition} up to offset {known.next_offset}"
        console.print(f"  as of tick {format_instant(known.now)}, {place}", highlight=False)
    sys.exit(FOUND_WRONG if found.stands else DONE)


def _refuse(kind: Kind, operator: str, subject: str | None) -> None:
    """What can't be asked. UsageError."""
    if not operator and kind is not Kind.STAFF_POSITIVE:
        raise click.UsageError(f"{kind} is of an operator: name it")
    if kind in ABOUT_THE_OPERATOR and subject not in (None, operator):
        raise click.UsageError(f"{kind} is about the operator itself: leave {subject!r} out")
    if kind in ABOUT_A_DAY and subject is not None:
        try:
            parse_date(subject)
        except ValueError:
            raise click.UsageError(f"{kind} is about a day: {subject!r} is none; write it as 2022-01-05") from None
    if subject is None and kind not in ABOUT_A_DAY | ABOUT_THE_OPERATOR:
        raise click.UsageError(f"{kind} is about something: name the lot, staff member or sample")


def _subject(kind: Kind, subject: str | None, known: Known) -> str:
    if kind in ABOUT_THE_OPERATOR:
        return known.operator
    return subject or date_of(known.now)
