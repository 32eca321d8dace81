"""The sandbox's time: the host's, until somebody sets it; then what was last set, which never goes back."""

from __future__ import annotations

import time

SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
_BEIJING = 8 * 60 * MINUTE


class Clock:
    """Milliseconds since 1970."""

    def __init__(self) -> None:
        self._set: int | None = None

    def now(self) -> int:
        """The present instant."""
        return int(time.time() * 1000) if self._set is None else self._set

    def set(self, instant: int) -> None:
        """From now on time is what is set; an earlier instant is ignored."""
        self._set = instant if self._set is None else max(self._set, instant)

    @property
    def simulated(self) -> bool:
        """Whether somebody set it."""
        return self._set is not None


def beijing_day(instant: int) -> int:
    """The number of the Beijing day an instant falls on."""
    return (instant + _BEIJING) // DAY


def beijing(instant: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """An instant as Beijing time."""
    return time.strftime(form, time.gmtime((instant + _BEIJING) / 1000))
