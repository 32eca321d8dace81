"""`lianfang contract`: what others rely on, as AsyncAPI and JSON Schemas."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from connectors.cli import DONE, UNUSABLE
from schemas import contract


@click.command()
@click.option(
    "--type", "kind", metavar="T", help="Print the JSON Schema of one type of record, or alert, notice, receipt."
)
@click.option("--schemas", metavar="DIR", type=click.Path(path_type=Path), help="Write every file into a directory.")
@click.option("--json", "as_json", is_flag=True, help="AsyncAPI as JSON instead of YAML.")
def command(*, kind: str | None, schemas: Path | None, as_json: bool) -> None:
    """Print the public contract: AsyncAPI 3, with the JSON Schema of every message."""
    if kind is not None:
        known = contract.json_schemas()
        if kind not in known:
            click.echo(f"{kind}: no such type; there are {', '.join(known)}", err=True)
            sys.exit(UNUSABLE)
        click.echo(json.dumps(known[kind], indent=2, ensure_ascii=False))
    elif schemas is not None:
        _write(schemas)
    elif as_json:
        click.echo(json.dumps(contract.asyncapi(), ensure_ascii=False))
    else:
        click.echo(contract.asyncapi_yaml(), nl=False)
    sys.exit(DONE)


def _write(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contract.published().items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        click.echo(f"{folder}: {error.strerror}", err=True)
        sys.exit(UNUSABLE)
    click.echo(f"{len(contract.published())} files in {folder}", err=True)
