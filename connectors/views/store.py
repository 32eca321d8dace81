"""Writes the views: each batch of messages and the offsets it leads to in one MULTI, so that both move or neither does.

Not a judge of anything: the last message of an alert is what it is now. A second process on the same Redis does no
harm: whoever finds that the offsets are not where it left them raises Moved and reads them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import orjson
from redis.asyncio import Redis
from redis.exceptions import WatchError

from connectors.views.keys import KEPT, By, Keys, Scope
from schemas.alerts import Alert
from schemas.notices import Notice, Receipt, decode_notice, decode_receipt
from streams import logs

ALERTS, ALERTS_PRIVATE, NOTICES, RECEIPTS = "alerts", "alerts-private", "notices", "receipts"
TOPICS = (ALERTS, ALERTS_PRIVATE, NOTICES, RECEIPTS)
SCOPE = {ALERTS: Scope.PUBLIC, ALERTS_PRIVATE: Scope.PRIVATE}
Place = tuple[str, int]
"""A topic (without prefix) and a partition."""

log = logs.get(__name__)


class Moved(Exception):  # noqa: N818 - it is news, not an error
    """Redis is not where this process left it: wiped, or moved on by another process."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of one of the four topics; `topic` without prefix."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Store:
    """The views of one prefix in one Redis."""

    def __init__(self, redis: Redis, prefix: str = "") -> None:
        self.redis: Any = redis  # its commands are typed as "awaitable or not"
        self.keys = Keys(prefix)

    async def offsets(self) -> dict[Place, int]:
        """How far each partition was read."""
        return _places(await self.redis.hgetall(self.keys.offsets))

    async def check(self, before: Mapping[Place, int]) -> None:
        """Raises Moved if Redis is not where this process left it."""
        if await self.offsets() != dict(before):
            raise Moved

    async def wipe(self) -> None:
        """Forget everything under the prefix; the next reader begins at the beginning."""
        names = [name async for name in self.redis.scan_iter(f"{self.keys.root}*", count=1000)]
        for start in range(0, len(names), 1000):
            await self.redis.unlink(*names[start : start + 1000])

    async def apply(
        self, messages: Sequence[Message], *, before: Mapping[Place, int], after: Mapping[Place, int], live: bool
    ) -> None:
        """Take these messages in, once. `before`: offsets as this process left them; `after`: those of partitions that
        move. `live`: publish changes to followers, too. Raises Moved, with nothing written."""
        async with self.redis.pipeline(transaction=True) as pipe:
            await pipe.watch(self.keys.offsets)
            if _places(await pipe.hgetall(self.keys.offsets)) != dict(before):
                raise Moved
            alerts = {scope: _last(messages, topic) for topic, scope in SCOPE.items()}
            old = {scope: await self._old(pipe, scope, changed) for scope, changed in alerts.items()}
            pipe.multi()
            for scope, changed in alerts.items():
                for alert, value in changed.items():
                    self._put(pipe, scope, alert, old[scope].get(alert), value)
            for message in messages:
                self._take(pipe, message, live=live)
            if after:
                pipe.hset(self.keys.offsets, mapping={_field(place): next_ for place, next_ in after.items()})
            try:
                await pipe.execute()
            except WatchError:
                raise Moved from None

    async def _old(self, pipe: Any, scope: Scope, changed: Iterable[str]) -> dict[str, bytes]:
        names = list(changed)
        values = await pipe.hmget(self.keys.alerts(scope), names) if names else []
        return {name: value for name, value in zip(names, values, strict=True) if value is not None}

    def _put(self, pipe: Any, scope: Scope, alert: str, old: bytes | None, new: bytes | None) -> None:
        if old is not None:
            for name in self._sets(scope, old):
                pipe.srem(name, alert)
        if new is None:
            pipe.hdel(self.keys.alerts(scope), alert)
            return
        pipe.hset(self.keys.alerts(scope), alert, new)
        for name in self._sets(scope, new):
            pipe.sadd(name, alert)

    def _sets(self, scope: Scope, value: bytes) -> list[str]:
        """The sets an alert is in; a resolved one is in none."""
        alert = msgspec.json.decode(value, type=Alert)
        if alert.status != "firing":
            return []
        by = {By.OPERATOR: alert.operator, By.KIND: str(alert.kind)}
        if alert.place is not None:
            by |= {By.OFFICE: alert.place.office, By.GRID: alert.place.grid, By.TOWN: alert.place.town}
        return [self.keys.standing(scope), *(self.keys.index(scope, name, text) for name, text in by.items())]

    def _take(self, pipe: Any, message: Message, *, live: bool) -> None:
        """What one message does besides the present form of its alert."""
        if message.value is None:
            return
        if message.topic in SCOPE:
            if live:
                pipe.publish(self.keys.changes(SCOPE[message.topic]), message.value)
        elif message.topic == NOTICES:
            notice = decode_notice(message.value)
            self._told(pipe, notice.id, _what(notice))
        else:
            receipt = decode_receipt(message.value)
            if receipt.about:  # no notice was written: the receipt says itself whom and what
                self._told(pipe, receipt.notice, _what_not(receipt))
            name = self.keys.notice(receipt.notice)
            step = orjson.dumps(replace(receipt, about=[]))
            pipe.hset(name, f"{message.partition}/{message.offset:020d}", step)
            pipe.expire(name, KEPT)

    def _told(self, pipe: Any, notice: str, what: dict[str, Any]) -> None:
        name = self.keys.notice(notice)
        pipe.hset(name, "notice", orjson.dumps(what))
        pipe.expire(name, KEPT)
        for alert in sorted({about.alert for about in what["about"]}):
            pipe.sadd(self.keys.told(alert), notice)
            pipe.expire(self.keys.told(alert), KEPT)


def readable(message: Message) -> bool:
    """Whether a message has the form of its topic. What has not is said in the log: it is a defect of ours."""
    if message.value is None:
        return True
    try:
        if message.topic in SCOPE:
            msgspec.json.decode(message.value, type=Alert)
        elif message.topic == NOTICES:
            decode_notice(message.value)
        else:
            decode_receipt(message.value)
    except msgspec.MsgspecError as error:
        place = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
        log.warning("unreadable", **place, error=str(error))
        return False
    return True


def _last(messages: Sequence[Message], topic: str) -> dict[str, bytes | None]:
    """The last value of each alert among these messages."""
    return {(m.key or b"").decode(): m.value for m in messages if m.topic == topic}


def _what(notice: Notice) -> dict[str, Any]:
    """A notice without its address and its text."""
    return {
        "id": notice.id,
        "recipient": notice.recipient,
        "role": notice.role,
        "channel": notice.channel,
        "critical": notice.critical,
        "made_at": notice.made_at,
        "about": notice.about,
    }


def _what_not(receipt: Receipt) -> dict[str, Any]:
    """The same of a notice that was never made."""
    return {
        "id": receipt.notice,
        "recipient": receipt.recipient,
        "role": receipt.about[0].role,
        "channel": receipt.channel,
        "critical": receipt.critical,
        "made_at": receipt.at,
        "about": receipt.about,
    }


def _field(place: Place) -> str:
    return f"{place[0]}/{place[1]}"


def _places(stored: Mapping[bytes, bytes]) -> dict[Place, int]:
    places = {}
    for field, value in stored.items():
        topic, _, partition = field.decode().rpartition("/")
        places[topic, int(partition)] = int(value)
    return places
