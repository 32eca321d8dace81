"""The providers' limits as a table, and the pace that keeps to them. Not for what to do when one is hit anyway."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass

from schemas.registry import ChannelKind
from schemas.times import DAY, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many messages for one `per` within so many milliseconds."""

    per: str
    most: int
    within: int


LIMITS: dict[ChannelKind, Limit] = {
    # a second more than the provider's minute: its clock starts when our message arrives, not when it leaves
    ChannelKind.WECOM_ROBOT: Limit("robot", 20, MINUTE + SECOND),
    # any 24 hours, which is stricter than the provider's day
    ChannelKind.SMS: Limit("number, signature and template", 50, DAY),
}


class Pacer:
    """How much room there is, for all partitions of one process. Another process is heard of by the provider's word."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._taken: dict[str, list[int]] = {}
        self._blocked: dict[str, int] = {}

    def free_at(self, key: str, now: int) -> int:
        """The earliest instant at which one more may go to this key; `now` if that is now."""
        taken = self._taken.get(key)
        at = max(now, self._blocked.get(key, now))
        if taken is None:
            return at
        del taken[: bisect_right(taken, now - self._limit.within)]
        if not taken:
            del self._taken[key]
        return at if len(taken) < self._limit.most else max(at, taken[-self._limit.most] + self._limit.within)

    def take(self, key: str, now: int) -> None:
        """One more goes to this key now; or went, before this process began."""
        insort(self._taken.setdefault(key, []), now)

    def block(self, key: str, until: int) -> None:
        """The provider says that it is too much: nothing to this key before that instant."""
        self._blocked[key] = max(until, self._blocked.get(key, 0))
