"""The terminal, for whatever prints words that are not our own."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape


def terminal(**options: Any) -> Console:
    """rich's console, which otherwise makes a little picture of what stands between colons, in an identifier too."""
    return Console(emoji=False, **options)


def in_a_line(text: str) -> str:
    """Words that are not ours, as rich's markup: a shop's name may hold line breaks, and what a terminal obeys."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))
