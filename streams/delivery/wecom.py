"""A notice as messages of a WeCom group robot: markdown within its byte limit, cut between items, else code points."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.notices import REPEATED, WECOM_MARKDOWN_BYTES, WECOM_TEXT_BYTES, WecomText

LIMITS = {"markdown": WECOM_MARKDOWN_BYTES, "text": WECOM_TEXT_BYTES}
_NUMBERED = "（{}/{}）"
_ROOM = len(_NUMBERED.format(9999, 9999).encode())


def markdown(title: str, lines: Sequence[str], *, urgent: bool = False) -> WecomText:
    """Title and items as markdown; of several parts each carries the title and its number, (1/3)."""
    head = f'**<font color="warning">{title}</font>{{}}**' if urgent else f"**{title}{{}}**"
    return WecomText("markdown", _parts(head, [f"> {line}" for line in lines], LIMITS["markdown"]))


def text(title: str, lines: Sequence[str]) -> WecomText:
    """The same as plain text, for clients that don't show markdown."""
    return WecomText("text", _parts(f"{title}{{}}", list(lines), LIMITS["text"]))


def _parts(head: str, lines: list[str], limit: int) -> list[str]:
    room = limit - len(head.encode()) - _ROOM - len(REPEATED.encode())
    bodies: list[str] = []
    for line in (piece for whole in lines for piece in cut(whole, room - 1)):
        joined = f"{bodies[-1]}\n{line}" if bodies else ""
        if joined and len(joined.encode()) + 1 <= room:
            bodies[-1] = joined
        else:
            bodies.append(line)
    count = len(bodies)
    numbers = [_NUMBERED.format(number, count) if count > 1 else "" for number in range(1, count + 1)]
    return [f"{head.replace('{}', number, 1)}\n{body}" for number, body in zip(numbers, bodies, strict=True)]


def cut(line: str, limit: int) -> list[str]:
    """A line in pieces of at most so many bytes of UTF-8, never within a code point."""
    raw = line.encode()
    pieces = []
    while len(raw) > limit:
        end = limit
        while raw[end] & 0xC0 == 0x80:  # a continuation byte: the code point began earlier
            end -= 1
        pieces.append(raw[:end].decode())
        raw = raw[end:]
    return [*pieces, raw.decode()]
