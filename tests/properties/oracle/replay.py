"""A history under a clock of its own: what is said at each record and each tick (contract, sections 3 to 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.alerts import SEVERITY, Kind, Severity, alert_id
from schemas.envelope import VOID, recorded_time
from schemas.times import MINUTE, date_of, format_instant
from tests.properties.oracle.log import Fact
from tests.properties.oracle.parameters import DEFAULTS, Book
from tests.properties.oracle.terms import Now, Registrations
from tests.properties.oracle.world import World

AT_ONCE = ("positive", "staff-positive", "uncoded-goods")


class Unusable(Exception):  # noqa: N818
    """The history can't be replayed."""


def messages(
    lines: Iterable[bytes],
    *,
    tick: int = MINUTE,
    until: int | None = None,
    slow: bool = False,
    book: Book = DEFAULTS,
) -> Iterator[dict[str, Any]]:
    """Every message that the contract expects, in order."""
    history = _read(lines, until)
    if not history:
        return
    teller = Teller(history[0][0], book)
    next_tick = (history[0][0] // tick + 1) * tick
    end = until if until is not None else history[-1][0] + tick
    for recorded, line in [*history, (end + 1, None)]:
        while next_tick <= recorded and next_tick <= end:
            upcoming = next_tick if slow else teller.upcoming()
            if upcoming is not None and upcoming > next_tick:  # nothing can change at the ticks before
                next_tick = min(-(-upcoming // tick) * tick, (min(recorded, end) // tick + 1) * tick)
                teller.idle(next_tick - tick)
                continue
            if upcoming is None:
                next_tick = (min(recorded, end) // tick + 1) * tick
                teller.idle(next_tick - tick)
                continue
            yield from teller.tick(next_tick, slow=slow)
            next_tick += tick
        if line is not None:
            yield from teller.line(line, recorded)


def _read(lines: Iterable[bytes], until: int | None) -> list[tuple[int, bytes]]:
    history: list[tuple[int, bytes]] = []
    for number, line in enumerate(lines, 1):
        try:
            recorded = recorded_time(line)
        except ValueError as error:
            raise Unusable(f"line {number}: {error}") from None
        if until is not None and recorded > until:
            break
        if history and recorded < history[-1][0]:
            raise Unusable(f"line {number}: recordedtime decreases")
        history.append((recorded, line))
    return history


@dataclass
class Said:
    """What was last said about an alert."""

    firing: bool
    episode: int
    revision: int
    since: int
    detail: dict[str, Any]
    place: dict[str, str] | None


Key = tuple[str, str, str]
"""kind, operator, subject."""


@dataclass
class Teller:
    """Compares what stands with what was last said."""

    now: int
    book: Book
    world: World = field(default_factory=World)
    said: dict[Key, Said] = field(default_factory=dict)
    due: dict[str, int | None] = field(default_factory=dict)
    """For each operator ("" for those without) when its answer may change; the past: it was touched since the tick."""

    def upcoming(self) -> int | None:
        """The earliest instant at which a tick may change anything."""
        found = [due for due in self.due.values() if due is not None]
        if (forgets := self.world.next_forgotten()) is not None:
            found.append(forgets)
        return min(found) if found else None

    def idle(self, tick: int) -> None:
        """Ticks until this one passed and could change nothing."""
        self.now = max(self.now, tick)

    def line(self, line: bytes, recorded: int) -> Iterator[dict[str, Any]]:
        """A line of the history."""
        fact = self.world.accept(line)
        if fact is None:
            return
        for operator in self.world.concerned(fact):
            yield from self._tell(operator, recorded, fact)
            self.due[operator] = self.now  # look again at the next tick: deadline kinds open only there

    def tick(self, tick: int, *, slow: bool) -> Iterator[dict[str, Any]]:
        """A tick."""
        before, self.now = self.now, tick
        touched = self.world.forget(tick)
        for operator in sorted(self.due):
            due = self.due[operator]
            if slow or operator in touched or (due is not None and due <= tick):
                yield from self._tell(operator, tick, None, before)
        if self.world.forgotten_now:
            self.said = {key: said for key, said in self.said.items() if not self.world.gone(*key)}
            self.world.forgotten_now = set()

    def _tell(self, operator: str, at: int, fact: Fact | None, before: int = 0) -> Iterator[dict[str, Any]]:
        now = Now(self.now, self.book)
        answer = {(found.kind, found.operator, found.subject): found for found in self.world.standing(operator, now)}
        stands = {key: found for key, found in answer.items() if not found.over}
        registrations = Registrations.of(self.world.facts(operator), now)
        place = registrations.place()
        self.due[operator] = now.changes
        for key in sorted(key for key, said in self.said.items() if key[1] == operator and said.firing):
            said = self.said[key]
            found = stands.pop(key, None)
            if found is None:
                said.firing = False
                said.revision += 1
                over = key in answer
                yield _message(key, said, at, self._resolved_by(key, registrations, fact, before, over=over))
            elif (said.since, said.detail, said.place) != (found.since, found.detail, place):
                said.since, said.detail, said.place = found.since, found.detail, place
                said.revision += 1
                yield _message(key, said, at, None)
        for key, found in sorted(stands.items()):
            if fact is None or key[0] in AT_ONCE:
                old = self.said.get(key)
                episode, revision = (old.episode + 1, old.revision + 1) if old else (1, 1)
                self.said[key] = Said(True, episode, revision, found.since, found.detail, place)
                yield _message(key, self.said[key], at, None)

    def _resolved_by(
        self, key: Key, registrations: Registrations, fact: Fact | None, before: int, *, over: bool
    ) -> str:
        kind = key[0]
        if self.world.gone(*key):
            return "expired"
        data = registrations.in_force()
        if kind in ("disinfection-missing", "silent", "test-overdue") and not registrations.dealing():
            return "closed"
        if kind == "not-activated" and (data is None or data.status != "active"):
            return "closed"
        if over:
            return "expired"
        if fact is not None:
            return {VOID: "void", "alert.handled": "word"}.get(fact.record.type, "record")
        return "rules" if self.book.another_value(kind, date_of(before), date_of(self.now)) else "record"


def _message(key: Key, said: Said, at: int, resolved_by: str | None) -> dict[str, Any]:
    kind, operator, subject = key
    return {
        "id": alert_id(kind, operator, subject),
        "kind": kind,
        "severity": str(SEVERITY.get(Kind(kind), Severity.WARNING)),
        "operator": operator,
        "subject": subject,
        "status": "firing" if said.firing else "resolved",
        "episode": said.episode,
        "revision": said.revision,
        "since": format_instant(said.since),
        "changed_at": format_instant(at),
        "resolved_by": resolved_by,
        "place": said.place,
        "detail": said.detail,
    }
