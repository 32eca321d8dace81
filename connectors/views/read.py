"""Questions to the views: which alerts stand, one alert, who was told of it. Reads Redis only, a moment behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson
from redis.asyncio import Redis

from connectors.views.keys import By, Keys, Scope
from schemas.alerts import Alert, Severity
from schemas.notices import About, Outcome, Receipt, decode_receipt
from schemas.registry import ChannelKind, Role

URGENCY = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_CHUNK = 500


class _Notice(msgspec.Struct):
    id: str
    recipient: str
    role: Role
    channel: ChannelKind | None
    critical: bool
    made_at: str
    about: list[About]


@dataclass(frozen=True, slots=True)
class Told:
    """One notice about an alert: to whom, as what, through what, saying what of the alert, and what became of it."""

    notice: str
    recipient: str
    role: Role
    channel: ChannelKind | None
    made_at: str
    about: About
    receipts: tuple[Receipt, ...]

    @property
    def outcome(self) -> Outcome:
        """The last word on it; queued while there is none."""
        return self.receipts[-1].outcome if self.receipts else Outcome.QUEUED


class Views:
    """The views of one prefix. Every method raises redis.exceptions.RedisError when the store is not there."""

    def __init__(self, redis: Redis, prefix: str = "") -> None:
        self._redis: Any = redis
        self._keys = Keys(prefix)

    async def standing(self, wanted: Mapping[By, str] | None = None, *, private: bool = False) -> list[Alert]:
        """Alerts that stand, those that match all of `wanted`, most urgent first and then oldest first."""
        found: list[Alert] = []
        for scope in (Scope.PUBLIC, Scope.PRIVATE) if private else (Scope.PUBLIC,):
            sets = [self._keys.index(scope, by, value) for by, value in (wanted or {}).items()]
            ids = sorted(await self._redis.sinter(self._keys.standing(scope), *sets))
            for start in range(0, len(ids), _CHUNK):
                values = await self._redis.hmget(self._keys.alerts(scope), ids[start : start + _CHUNK])
                found += [msgspec.json.decode(value, type=Alert) for value in values if value is not None]
        return sorted(found, key=lambda alert: (URGENCY[alert.severity], alert.since, alert.id))

    async def alert(self, identity: str, *, private: bool = False) -> Alert | None:
        """The present form of an alert, firing or resolved; None where there is none (any longer)."""
        for scope in (Scope.PUBLIC, Scope.PRIVATE) if private else (Scope.PUBLIC,):
            value = await self._redis.hget(self._keys.alerts(scope), identity)
            if value is not None:
                return msgspec.json.decode(value, type=Alert)
        return None

    async def told(self, identity: str) -> list[Told]:
        """Who was told of an alert, in the order in which it was decided."""
        found: list[Told] = []
        for notice in await self._redis.smembers(self._keys.told(identity)):
            fields: dict[bytes, bytes] = await self._redis.hgetall(self._keys.notice(notice.decode()))
            what = fields.pop(b"notice", None)
            if what is None:
                continue  # it was kept its 200 days
            read = msgspec.json.decode(what, type=_Notice)
            steps = tuple(decode_receipt(fields[field]) for field in sorted(fields))
            found += [
                Told(read.id, read.recipient, read.role, read.channel, read.made_at, about, steps)
                for about in read.about
                if about.alert == identity
            ]
        return sorted(found, key=lambda told: (told.made_at, told.notice, told.about.episode))

    async def changes(self, *, private: bool = False) -> AsyncIterator[Alert]:
        """Every change of an alert from now on, until the caller stops."""
        scopes = (Scope.PUBLIC, Scope.PRIVATE) if private else (Scope.PUBLIC,)
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(*(self._keys.changes(scope) for scope in scopes))
            async for message in channel.listen():
                yield msgspec.json.decode(message["data"], type=Alert)

    async def filled(self) -> bool:
        """Whether a views process ever wrote here: an empty answer means something only then."""
        return bool(await self._redis.exists(self._keys.offsets))


def as_json(alert: Alert) -> str:
    """One line of JSON, the contract's form."""
    return orjson.dumps(alert).decode()
