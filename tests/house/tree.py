"""The tree as tests of the house look at it: what is in git or about to be, and the functions in it."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

from connectors.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
PRODUCT = ("schemas", "streams", "connectors")


@cache
def files() -> tuple[Path, ...]:
    """Every file in git, and every new one that git would not ignore; relative to the root."""
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(Path(line) for line in said.stdout.splitlines() if (ROOT / line).is_file())


def python(*tops: str) -> list[Path]:
    """Python files under these top folders."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in tops]


def source(path: Path) -> str:
    """What is in a file."""
    return (ROOT / path).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Function:
    """A function or method, where it is and how many lines it takes, decorators apart."""

    path: Path
    name: str
    lines: int


@cache
def functions(path: Path) -> tuple[Function, ...]:
    """Every function of a file, nested ones too."""
    found = ast.walk(ast.parse(source(path)))
    return tuple(
        Function(path, node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in found
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def command(words: list[str]) -> str | None:
    """What is wrong with `lianfang` and these words; None if the program has that command and those options."""
    if not words or words[0] not in COMMANDS:
        return f"no command {words[0] if words else ''!r}"
    context = click.Context(main)
    found = main.get_command(context, words[0])
    assert found is not None
    rest = words[1:]
    while isinstance(found, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        nested = found.get_command(context, name)
        if nested is None:
            return f"{words[0]} has no command {name!r}"
        found = nested
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "-h"}
    for word in rest:
        option = word.split("=")[0]
        if re.fullmatch(r"--?[a-z][a-z-]*", option) and option not in known:
            return f"{' '.join(words)}: no option {option}"
    return None
