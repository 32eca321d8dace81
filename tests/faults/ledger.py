"""The ledger of a run, counted from committed messages alone, by partition. Knows the contract and the form of journals
and position rows: it judges by what a reader of the topics sees, not by what a process says of itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from schemas.envelope import PUBLIC_TOPICS, Refused, read
from schemas.reasons import Reason
from streams.engine.position import KEY, Position
from streams.machine import ENTRY, ORIGIN, RECORDED, Sort
from streams.parameters import Rules

JOURNALS = {"operator-journal": "operators-state", "staff-journal": "staff-state", "notice-journal": "routing-state"}
ALERTS = ("alerts", "alerts-private")
READ = (*PUBLIC_TOPICS, *JOURNALS, *JOURNALS.values(), *ALERTS, "dead-letters")
"""What a ledger is counted from."""


@dataclass(frozen=True)
class Message:
    """One committed message."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp: int = 0


Place = tuple[str, int]
Topics = Mapping[Place, list[Message]]
"""(topic without prefix, partition) → messages in order."""


@dataclass
class Column:
    """One partition of a public topic: what came in, and what became of it."""

    came: int = 0
    applied: int = 0
    refused: int = 0
    duplicate: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass
class Ledger:
    """`columns` by public partition. `wrong`: what must not be, in words."""

    columns: dict[Place, Column] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    alerts: int = 0
    repeated_alerts: int = 0
    missing_alerts: int = 0

    def total(self, name: str) -> int:
        """The sum over all partitions."""
        return sum(getattr(column, name) for column in self.columns.values())

    def __str__(self) -> str:
        names = ("came", "applied", "refused", "duplicate", "lost", "doubled")
        lines = [f"{'partition':22}" + "".join(f"{name:>10}" for name in names)]
        for (topic, number), column in sorted(self.columns.items()):
            lines.append(f"{topic}-{number:<5}".ljust(22) + "".join(f"{getattr(column, name):>10}" for name in names))
        lines.append(f"{'all':22}" + "".join(f"{self.total(name):>10}" for name in names))
        lines.append(f"alert messages {self.alerts}, repeated {self.repeated_alerts}, missing {self.missing_alerts}")
        return "\n".join(lines + self.wrong[:20])


def count(topics: Topics) -> Ledger:
    """The ledger of all that was committed."""
    ledger = Ledger()
    journaled, judged = _journaled(topics, ledger)
    dead = _dead(topics)
    for (topic, number), messages in topics.items():
        if topic not in PUBLIC_TOPICS:
            continue
        column = ledger.columns.setdefault((topic, number), Column())
        for message in messages:
            origin = f"{topic}/{number}/{message.offset}"
            _post(column, origin, journaled[origin], dead.get(origin, ()), judged.get(origin))
    _alerts(topics, ledger)
    _positions(topics, ledger)
    _agree(judged, dead, ledger)
    return ledger


def _post(column: Column, origin: str, times: int, letters: Iterable[str], judged: str | None) -> None:
    refusals = list(letters)
    column.came += 1
    if times > 1 or len(refusals) > 1:
        column.doubled += 1
    if refusals:
        column.refused += 1
    elif not times:
        column.lost += 1
    elif judged == "duplicate":
        column.duplicate += 1
    else:
        column.applied += 1


def _journaled(topics: Topics, ledger: Ledger) -> tuple[Counter[str], dict[str, str]]:
    """How often each public record is in a journal, and whether the first of that identity is the same record.

    Judged by the contract: of one log, with the same identity, the same content is a duplicate, another is refused.
    """
    times: Counter[str] = Counter()
    judged: dict[str, str] = {}
    goods = Rules.load().goods_classes
    for (topic, _), messages in topics.items():
        seen: dict[tuple[str, ...], str] = {}
        for message in messages if topic in JOURNALS else ():
            if message.headers.get(ENTRY) != Sort.RECORD.encode():
                continue
            origin = message.headers[ORIGIN].decode()
            times[origin] += 1
            try:
                record = read(message.value, message.headers, recorded=int(message.headers[RECORDED]), goods=goods)
            except Refused as refused:
                ledger.wrong.append(f"{origin}: in a journal, and yet {refused}")
                continue
            if times[origin] > 1:
                continue  # it is there twice: the first one was judged
            identity = (*record.log, record.source, record.id)
            if identity not in seen:
                seen[identity] = record.digest
                judged[origin] = "applied"
            else:
                judged[origin] = "duplicate" if seen[identity] == record.digest else Reason.IDENTITY_REUSED
    return times, judged


def _dead(topics: Topics) -> dict[str, list[str]]:
    """Reasons by origin."""
    found: dict[str, list[str]] = {}
    for (topic, _), messages in topics.items():
        for message in messages if topic == "dead-letters" else ():
            where = (message.headers[f"origin-{part}"].decode() for part in ("topic", "partition", "offset"))
            found.setdefault("/".join(where), []).append(message.headers["reason"].decode())
    return found


def _agree(judged: Mapping[str, str], dead: Mapping[str, list[str]], ledger: Ledger) -> None:
    """What the machines refused is what the contract refuses."""
    for origin, verdict in judged.items():
        reused = Reason.IDENTITY_REUSED in dead.get(origin, ())
        if (verdict == Reason.IDENTITY_REUSED) != reused:
            ledger.wrong.append(f"{origin}: {verdict} by the contract, {dead.get(origin, 'applied')} by the machine")
    for origin, reasons in dead.items():
        if Reason.INTERNAL_ERROR in reasons:
            ledger.wrong.append(f"{origin}: {Reason.INTERNAL_ERROR}")


def _alerts(topics: Topics, ledger: Ledger) -> None:
    """Each alert says 1, 2, 3 … once, and routing hears the same."""
    said: Counter[tuple[str, int]] = Counter()
    heard: Counter[tuple[str, int]] = Counter()
    for (topic, _), messages in topics.items():
        for message in messages:
            if topic in ALERTS and message.value is not None:
                said[_revision(message.value)] += 1
            if topic == "notice-journal" and message.headers.get(ENTRY) == Sort.ALERT.encode():
                assert message.value is not None
                heard[_revision(message.value)] += 1
    latest: dict[str, int] = {}
    for alert, revision in said:
        latest[alert] = max(latest.get(alert, 0), revision)
    ledger.alerts = sum(said.values())
    ledger.repeated_alerts = sum(times - 1 for times in said.values())
    ledger.missing_alerts = sum(latest.values()) - len(said)
    if said != heard:
        ledger.wrong.append(f"alerts and notice-journal differ: {len(said - heard)} not told, {len(heard - said)} more")


def _revision(value: bytes) -> tuple[str, int]:
    alert = orjson.loads(value)
    return alert["id"], alert["revision"]


def _positions(topics: Topics, ledger: Ledger) -> None:
    """The rows say that each journal is applied to its last message."""
    for (topic, number), messages in topics.items():
        if topic not in JOURNALS or not messages:
            continue
        positions = _saved(topics, topic, number)
        if positions != sorted(positions):
            ledger.wrong.append(f"{JOURNALS[topic]}-{number}: a position went back")
    ledger.wrong += unsaved(topics)


def unsaved(topics: Topics) -> list[str]:
    """Journals whose last message the saved position does not cover yet. It follows: where the position alone has moved
    its row comes a little later.
    """
    found = []
    for (topic, number), messages in topics.items():
        if topic in JOURNALS and messages:
            positions = _saved(topics, topic, number)
            if not positions or positions[-1] <= messages[-1].offset:
                found.append(f"{topic}-{number}: applied up to {positions[-1:]}, last is {messages[-1].offset}")
    return found


def _saved(topics: Topics, journal: str, number: int) -> list[int]:
    rows = topics.get((JOURNALS[journal], number), [])
    return [Position.decode(row.value).next for row in rows if row.key == KEY and row.value is not None]
