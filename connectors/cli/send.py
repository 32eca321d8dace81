"""`lianfang send`: publish records from files, with a verdict for each."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.cli.check import goods_classes, now
from connectors.epcis.partner import BadPartner, Partner, load_partner
from connectors.sending.files import STDIN, Found, Unusable, messages, open_input
from connectors.sending.judging import Judge, Judged, Outcome
from connectors.sending.publishing import NoBroker, check_topics, publish
from connectors.sending.saying import Sayer, saying
from schemas.envelope import PUBLIC_TOPICS
from streams.parameters import BadRules
from streams.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--prefix", help="Prefix of the topics' names, instead of the setting's.")
@click.option("--topic", type=click.Choice(PUBLIC_TOPICS), help="Where voids go whose record is not in the files.")
@click.option("--anyway", is_flag=True, help="Send what would be refused, too: it comes back as a dead letter.")
@click.option("--rules", type=click.Path(path_type=Path), help="The rules file, for the classes of goods.")
@click.option("--partner", type=click.Path(path_type=Path), help="The partner's file, for EPCIS documents.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    *, files: tuple[str, ...], bootstrap: str | None, prefix: str | None, topic: str | None, anyway: bool,
    rules: Path | None, partner: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Publish the records in FILE… to a running system. `-` is standard input.

    Records are JSON Lines of CloudEvents, or EPCIS 2.0 JSON; each goes to the topic of its type. What intake would
    refuse is not sent. A record that was acknowledged is on all replicas. Exit 1 if anything was refused or failed.
    """
    named = {name: value for name, value in (("bootstrap", bootstrap), ("prefix", prefix)) if value is not None}
    settings = Settings(**named)  # type: ignore[arg-type]  # both are texts
    try:
        judge = Judge(goods_classes(rules), now, topic)
        known = load_partner(partner) if partner else None
        asyncio.run(check_topics(settings))
    except (BadRules, BadPartner, NoBroker, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(UNUSABLE)
    with saying(files, as_json=as_json) as sayer:
        job = _Job(settings, judge, known, sayer, anyway=anyway)
        try:
            asyncio.run(job.run(files))
        except NoBroker as error:
            click.echo(str(error), err=True)
            sys.exit(UNUSABLE)
    sayer.sum_up()
    sys.exit(UNUSABLE if job.unusable else FOUND_WRONG if sayer.wrong else DONE)


@dataclass
class _Job:
    settings: Settings
    judge: Judge
    partner: Partner | None
    sayer: Sayer
    anyway: bool
    unusable: bool = False

    async def run(self, files: tuple[str, ...]) -> None:
        await publish(self.settings, self._to_send(files), self.sayer.say)

    async def _to_send(self, files: tuple[str, ...]) -> AsyncIterator[Judged]:
        """What is to be sent; what is not is said at once."""
        for name in files:
            try:
                with open_input(name) as stream:
                    async for found in self._found(name, stream):
                        judged = self.judge.judge(found)
                        if judged.outcome is Outcome.GOOD or (self.anyway and found.value):
                            yield judged
                        else:
                            self.sayer.say(judged)
            except Unusable as error:
                click.echo(str(error), err=True)
                self.unusable = True

    async def _found(self, name: str, stream: IO[bytes]) -> AsyncIterator[Found]:
        """The messages of a file. Standard input may be a pipe that pauses, so it is read beside the sending."""
        found = messages(name, stream, self.partner)
        while True:
            one = await asyncio.to_thread(next, found, None) if name == STDIN else next(found, None)
            if one is None:
                return
            self.sayer.progress(name, one.at)
            yield one
