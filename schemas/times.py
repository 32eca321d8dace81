"""Instants and dates. An instant is an int: milliseconds since 1970 UTC. A date is Beijing's, an ISO string.

Strings compare like dates because they are always `YYYY-MM-DD`; ints are what rows, dues and broker timestamps hold.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEIJING = 8 * HOUR  # UTC+8 all year, no daylight saving since 1991

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)


def parse_instant(text: str) -> int:
    """RFC 3339 with an offset or Z → milliseconds, what is finer cut off. ValueError says what is wrong."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset or Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    instant = (moment.days * 86_400 + moment.seconds) * SECOND
    if match[7]:
        instant += int((match[7] + "00")[:3])
    if match[8]:
        hours, minutes = int(match[9]), int(match[10])
        if hours > 23 or minutes > 59:
            raise ValueError("the offset is not a time of day")
        offset = hours * HOUR + minutes * MINUTE
        instant += -offset if match[8] == "+" else offset
    return instant


def format_instant(instant: int) -> str:
    """Milliseconds → UTC, RFC 3339, milliseconds, Z."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % SECOND:03d}Z"


def parse_date(text: str) -> str:
    """`YYYY-MM-DD`, checked against the calendar. ValueError if it is not one."""
    if not _DATE.fullmatch(text):
        raise ValueError("not a date YYYY-MM-DD")
    return date.fromisoformat(text).isoformat()


def date_of(instant: int) -> str:
    """The Beijing day an instant falls on."""
    return (_EPOCH_DAY + timedelta(days=(instant + BEIJING) // DAY)).isoformat()


def start_of(day: str) -> int:
    """The instant at which a Beijing day begins."""
    return (date.fromisoformat(day) - _EPOCH_DAY).days * DAY - BEIJING


def day_after(day: str, days: int = 1) -> str:
    """The Beijing day so many days later (earlier, if negative)."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
