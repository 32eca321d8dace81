"""The command `lianfang`. Each command lives in its own module here and is imported only when it is asked for."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click
from pydantic import ValidationError

from streams.settings import FILE, PREFIX, BadSettings, faults

DONE, FOUND_WRONG, UNUSABLE = 0, 1, 2
"""Exit codes: done; ran and found something wrong; wrong usage or unusable input."""

PORT = click.IntRange(0, 65_535)
"""What an option that names a port may be; 0 is said there."""

_WORDS = "lianfang.words"
"""Under this name the context keeps the words of the command line."""

COMMANDS = {
    # name: (module, one line of help). The module's click command is called `command`.
    "demo": ("connectors.cli.demo", "The whole system on this machine, replaying days of a district."),
    "up": ("connectors.cli.up", "The whole system, until stopped."),
    "send": ("connectors.cli.send", "Publish records; a verdict for each."),
    "check": ("connectors.cli.check", "The same verdicts, nothing sent; also rules, topics and settings files."),
    "replay": ("connectors.cli.replay", "Run a history, or journals, to their end; write every alert message."),
    "journal": ("connectors.cli.journal", "Write the journals of a running system to a folder, for replay."),
    "alerts": ("connectors.cli.alerts", "What stands now."),
    "why": ("connectors.cli.why", "Why an alert stands."),
    "why-not": ("connectors.cli.why_not", "Why something does not stand."),
    "topics": ("connectors.cli.topics", "Create or compare topics; print the access rules they need."),
    "contract": ("connectors.cli.contract", "Print AsyncAPI and JSON Schemas."),
    "dead-letters": ("connectors.cli.dead_letters", "List, show, send again what could not be used."),
    "worker": ("connectors.cli.worker", "One worker process: intake, staff, operators, routing."),
    "clock": ("connectors.cli.clock", "The clock process."),
    "bridge": ("connectors.cli.bridge", "One bridge process: wecom or sms."),
    "views": ("connectors.cli.views", "Keep the views in Redis."),
    "sandbox": ("connectors.cli.sandbox", "A program that answers like the providers and shows the messages."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # nothing that is imported is garbage, and to look through it is a sixth of a start
        module = importlib.import_module(COMMANDS[cmd_name][0])
        gc.freeze()
        gc.enable()
        command: click.Command = module.command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click would say 1, as of a run that found something wrong
            click.echo("interrupted", err=True)
            sys.exit(128 + signal.SIGINT)
        except BadSettings as error:
            click.echo(str(error), err=True)
        except ValidationError as error:
            if error.title != "Settings":
                raise
            for place, said in faults(error):
                click.echo(f"{_where(place, ctx.meta[_WORDS])}: {said}", err=True)
        sys.exit(UNUSABLE)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _where(place: tuple[str, ...], words: Sequence[str]) -> str:
    """A setting as whoever wrote it calls it: by its option, by its variable, else by its place in the file."""
    option = f"--{place[0].replace('_', '-')}"
    if any(word.split("=")[0] == option for word in words):
        return option
    variable = f"{PREFIX}{'__'.join(place)}".upper()
    file = os.environ.get(FILE)
    written = any(name.upper() == f"{PREFIX}{place[0]}".upper() for name in os.environ)
    return variable if written or file is None else f"{file}: {'.'.join(place)}"


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lianfang")
def main() -> None:
    """联防: event streams for the supervision of imported food."""
