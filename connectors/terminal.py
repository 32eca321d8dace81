"""The terminal, for whatever prints words that are not our own."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def terminal(**options: Any) -> Console:
    """rich's console, which otherwise makes a little picture of what stands between colons, in an identifier too."""
    return Console(emoji=False, **options)
