"""`lianfang send`: publish records from files, with a verdict for each."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import click

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE
from connectors.cli.check import goods_classes, now
from connectors.epcis.partner import BadPartner, Partner, load_partner
from connectors.sending.files import STDIN, Found, Unusable, messages, open_input
from connectors.sending.judging import UNPLACED, Judge, Judged, Outcome
from connectors.sending.publishing import NoBroker, check_topics, publish
from connectors.sending.saying import Sayer, saying
from schemas.envelope import PUBLIC_TOPICS, VOID
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
    refuse is not sent. A record that was acknowledged is on all replicas.

    Exit 1 if anything was refused or failed, 2 if nobody knows where something goes: then nothing of files is sent, and
    of standard input all but that.
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
            _Job(settings, replace(judge), known, sayer, anyway=anyway).refuse_unplaced(files)
            if sayer.unplaced:
                click.echo("nothing was sent", err=True)
                sys.exit(UNUSABLE)
            asyncio.run(job.run(files))
        except NoBroker as error:
            click.echo(str(error), err=True)
            sys.exit(UNUSABLE)
    sayer.sum_up()
    sys.exit(UNUSABLE if sayer.unusable or sayer.unplaced else FOUND_WRONG if sayer.wrong else DONE)


@dataclass
class _Job:
    settings: Settings
    judge: Judge
    partner: Partner | None
    sayer: Sayer
    anyway: bool

    async def run(self, files: tuple[str, ...]) -> None:
        await publish(self.settings, self._to_send(files), self.sayer.say)

    async def _to_send(self, files: tuple[str, ...]) -> AsyncIterator[Judged]:
        """What is to be sent; what is not is said at once."""
        for name in files:
            try:
                with open_input(name) as stream:
                    async for found in self._found(name, stream):
                        judged = self._judge(found)
                        if judged.outcome is Outcome.GOOD or (self.anyway and found.value and judged.topic):
                            yield judged
                        else:
                            self.sayer.say(judged)
            except Unusable as error:
                self.sayer.cannot_use(error)

    def refuse_unplaced(self, files: tuple[str, ...]) -> None:
        """Say which messages of files have no known topic. What can be read only once is judged when it is sent."""
        if not all(Path(name).is_file() for name in files) or not (self.anyway or any(map(_holds_voids, files))):
            return
        for name in files:
            with contextlib.suppress(Unusable), open_input(name) as stream:
                for found in messages(name, stream, self.partner):
                    judged = self._judge(found)
                    if judged.outcome is Outcome.UNPLACED:
                        self.sayer.say(judged)

    def _judge(self, found: Found) -> Judged:
        judged = self.judge.judge(found)
        if self.anyway and found.value and judged.topic is None and judged.outcome is Outcome.REFUSED:
            return replace(judged, outcome=Outcome.UNPLACED, message=f"{judged.message}; {UNPLACED}")
        return judged

    async def _found(self, name: str, stream: IO[bytes]) -> AsyncIterator[Found]:
        """The messages of a file. Standard input may be a pipe that pauses, so it is read beside the sending."""
        found = messages(name, stream, self.partner)
        while True:
            one = await asyncio.to_thread(next, found, None) if name == STDIN else next(found, None)
            if one is None:
                return
            self.sayer.progress(name, one.at)
            yield one


def _holds_voids(name: str) -> bool:
    with Path(name).open("rb") as stream:
        return any(VOID.encode() in line for line in stream)
