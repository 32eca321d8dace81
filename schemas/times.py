"""Instants and dates. An instant is an int: milliseconds since 1970 UTC. A date is Beijing's, an ISO string.

Strings compare like dates because they are always `YYYY-MM-DD`; ints are what rows, dues and broker timestamps hold.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEIJING = 8 * HOUR  # UTC+8 all year, no daylight saving since 1991

_RFC3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
# a day less than the calendar has on each side, so that every instant has a Beijing day with one before and after it
_FIRST, _LAST = -62_135_596_800_000 + 2 * DAY, 253_402_300_800_000 - 3 * DAY


def parse_instant(text: str) -> int:
    """RFC 3339 with an offset or Z → milliseconds, what is finer cut off. ValueError says what is wrong."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset or Z")
    moment = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00") - _EPOCH
    instant = (moment.days * 86_400 + moment.seconds) * SECOND
    if match[3]:
        instant += int((match[3] + "00")[:3])
    if match[4]:
        hours, minutes = int(match[5]), int(match[6])
        if hours > 23 or minutes > 59:
            raise ValueError("the offset is not a time of day")
        offset = hours * HOUR + minutes * MINUTE
        instant += -offset if match[4] == "+" else offset
    if not _FIRST <= instant <= _LAST:
        raise ValueError("not within the years 1 to 9999")
    return instant


@lru_cache(maxsize=4096)
def format_instant(instant: int) -> str:
    """Milliseconds → UTC, RFC 3339, milliseconds, Z."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def parse_date(text: str) -> str:
    """`YYYY-MM-DD`, checked against the calendar. ValueError if it is not one."""
    if not _DATE.fullmatch(text):
        raise ValueError("not a date YYYY-MM-DD")
    return date.fromisoformat(text).isoformat()


def date_of(instant: int) -> str:
    """The Beijing day an instant falls on."""
    return _day((instant + BEIJING) // DAY)


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return (_EPOCH_DAY + timedelta(days=number)).isoformat()


@lru_cache(maxsize=4096)
def start_of(day: str) -> int:
    """The instant at which a Beijing day begins."""
    return (date.fromisoformat(day) - _EPOCH_DAY).days * DAY - BEIJING


@lru_cache(maxsize=4096)
def day_after(day: str, days: int = 1) -> str:
    """The Beijing day so many days later (earlier, if negative)."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
