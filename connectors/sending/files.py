"""What stands in a file of records: JSON Lines, one JSON document, EPCIS documents; read as a stream where it is lines.

Finds the messages and where they stand; whether they are good is not asked here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from connectors.epcis.document import BadDocument, is_epcis
from connectors.epcis.mapping import read as read_epcis
from connectors.epcis.partner import Partner

MAX_WHOLE = 256 * 1024 * 1024
"""Bytes of a document that is not lines and so must be read whole."""
STDIN = "-"


class Unusable(Exception):  # noqa: N818
    """The input can't be read at all; says what it is instead."""


@dataclass(frozen=True, slots=True)
class Found:
    """One message, or what is said instead of one. `at`: how many bytes of the file were read by then."""

    where: str
    value: bytes = b""
    epcis: bool = False  # it was made of an EPCIS event
    voids: str | None = None  # of a void out of EPCIS: the type of the record it voids
    refused: str | None = None  # the document it comes from is not EPCIS
    unused: str | None = None  # an EPCIS event that no rule can use
    notes: tuple[str, ...] = ()
    about: str = ""  # what a person knows it by, where it was made of an EPCIS event
    at: int = 0


@contextmanager
def open_input(name: str) -> Iterator[IO[bytes]]:
    """A file, or standard input for `-`, which stays open. Unusable if it is none."""
    if name == STDIN:
        yield sys.stdin.buffer
        return
    path = Path(name)
    if path.is_dir():
        raise Unusable(f"{name}: is a directory; name the files in it")
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        raise Unusable(f"{name}: there is no such file") from None
    except OSError as error:
        raise Unusable(f"{name}: can't be read: {error.strerror}") from None
    with stream:
        yield stream


def messages(name: str, stream: IO[bytes], partner: Partner | None = None) -> Iterator[Found]:
    """Each message of a file, in order. Unusable if it is not text, or one JSON document cut short."""
    shown = "standard input" if name == STDIN else name
    number, read, first = 0, 0, b""
    for line in stream:  # up to the first line that says something
        number, read, first = number + 1, read + len(line), line
        if line.strip():
            break
    first = first.removeprefix(b"\xef\xbb\xbf")
    if not first.strip():
        raise Unusable(f"{shown}: is empty")
    if b"\x00" in first or not _is_text(first):
        raise Unusable(f"{shown}: is not text; JSON Lines of CloudEvents or EPCIS JSON are expected")
    tree = _parsed(first)
    if isinstance(tree, dict):
        yield from _message(f"{shown}:{number}", first, tree, partner, read)
        for line in stream:
            number, read = number + 1, read + len(line)
            if line.strip():
                yield from _message(f"{shown}:{number}", line, _parsed(line), partner, read)
        return
    rest = stream.read(MAX_WHOLE)
    if len(rest) == MAX_WHOLE:
        raise Unusable(f"{shown}: is one JSON document of more than {MAX_WHOLE} bytes; send JSON Lines")
    yield from _whole(shown, number, first + rest, partner)


def _whole(shown: str, number: int, content: bytes, partner: Partner | None) -> Iterator[Found]:
    """A document over several lines, a list of events, or lines whose first is broken."""
    try:
        tree = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        lines = content.splitlines()
        trees = [_parsed(line) for line in lines]
        if not any(isinstance(tree, dict) for tree in trees) and not (len(lines) == 1 and content.startswith(b"{")):
            line, column = error.lineno + number - 1, error.colno
            raise Unusable(f"{shown}:{line}: not JSON: {error.msg} (column {column})") from None
        for place, (line_bytes, line_tree) in enumerate(zip(lines, trees, strict=True), number):
            if line_bytes.strip():
                yield from _message(f"{shown}:{place}", line_bytes, line_tree, partner, len(content))
        return
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _message(f"{shown}[{index}]", orjson.dumps(item), item, partner, len(content))
    elif isinstance(tree, dict):
        yield from _message(shown, content, tree, partner, len(content))
    else:
        raise Unusable(f"{shown}: is JSON, but neither an event nor a document of events")


def _message(where: str, line: bytes, tree: Any, partner: Partner | None, at: int) -> Iterator[Found]:
    if not is_epcis(tree):
        yield Found(where, line.strip(), at=at)
        return
    try:
        verdicts = read_epcis(line, partner)
    except BadDocument as bad:
        yield from (Found(where, refused=str(problem), at=at) for problem in bad.problems)
        return
    alone = "epcisBody" not in tree
    for verdict in verdicts:
        place = where if alone else f"{where} event {verdict.index + 1}"
        for record in verdict.records:
            voids = record.pop("voids", None)
            about = _about(record) or verdict.about
            yield Found(place, orjson.dumps(record), epcis=True, voids=voids, notes=verdict.notes, about=about, at=at)
        if verdict.unused is not None:
            yield Found(place, unused="; ".join((verdict.unused, *verdict.notes)), about=verdict.about, at=at)


def _about(record: dict[str, Any]) -> str:
    """Whose record of which goods; nothing where it names none (a void): then the event says it."""
    data = record["data"]
    name = next((f"{name} {data[name]}" for name in ("lot", "box") if data.get(name)), None)
    return f"{name} at {data['operator']}" if name else ""


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
