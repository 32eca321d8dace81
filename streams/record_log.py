"""What the machines of operators and of staff have in common: a log of records and ticks, in which each identity counts
once, and in which only a tick tells what is missing. What a record or a tick means is the machine's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from schemas.envelope import VOID, Record, Refused
from schemas.reasons import Reason, Verdict
from streams.facts import Fact
from streams.identity import Admission, Identity, Ledger
from streams.journal import read_journaled, refusal
from streams.kinds import PARAMETERS, moved
from streams.machine import ENTRY, RECORDED, Applied, Entry, Output, Ticking
from streams.rows import Row, Rows, owner_of, row_key
from streams.standing import Cause, Trigger

if TYPE_CHECKING:
    from streams.context import Context

SLICE = 20
"""Rows looked at between two places where a tick may be cut."""


class Meta(Row, frozen=True, array_like=True):
    """One for each partition: the *recorded* of the first record of the log, and the rules of the last tick."""

    began: int
    rules: str


META = "meta"
META_KEY = row_key(META, "", "")


class _Tick(Ticking):
    """Rows that one tick looks at, in order. `in_turn`: nothing may overtake it. Other rules concern every row, those
    too that an entry behind the tick makes; and it must be known which rows are an entry's.
    """

    def __init__(
        self, keys: Iterable[str], look: Callable[[str], list[Output]], end: Callable[[], None], *, in_turn: bool
    ) -> None:  # fmt: skip
        self._look, self._end, self._in_turn, self._ended = look, end, in_turn, False
        self._order = list(keys)[::-1]
        self._left: defaultdict[str, deque[str]] = defaultdict(deque)  # by owner, unless each is looked at in its turn
        for key in () if in_turn else reversed(self._order):
            self._left[owner_of(key)].append(key)

    def __next__(self) -> list[Output]:
        if self._ended:
            raise StopIteration
        outputs: list[Output] = []
        for _ in range(min(SLICE, len(self._order))):
            key = self._order.pop()
            if self._in_turn or self._is_left(key):
                outputs += self._look(key)
        if not self._order:
            self._ended = True
            self._end()
        return outputs

    def _is_left(self, key: str) -> bool:
        """Off the list of its owner, if that was not taken ahead."""
        left = self._left.get(owner_of(key))
        return left is not None and left.popleft() == key

    def ahead(self, entry: Entry) -> list[Output] | None:
        """The rows of the entry's subject."""
        if self._in_turn:
            return None
        left = self._left.pop((entry.key or b"").decode(), ())
        return [output for key in left for output in self._look(key)]


class RecordLog(ABC):
    """A `streams.machine.Machine` but for `broken`. `internal`: what entries of the log that are no records may be."""

    shares_rows = False
    """Whether an entry may concern rows whose owner is not its own key: then nothing overtakes a tick."""

    def __init__(self, forms: Mapping[str, type[Row]], context: Context, *internal: str) -> None:
        self.rows = Rows(forms, forward=True)
        self._rules = context.rules
        self._ledger = Ledger(self.rows, self._rules)
        self._internal = frozenset(sort.encode() for sort in internal)
        self._tick: int | None = None
        self._began: int | None = None

    def resume(self, tick: int | None) -> None:
        """Take up where the position row says."""
        self._tick = tick
        self.rows.resume(tick)
        meta = self.rows.get(META_KEY, Meta)
        self._began = meta.began if meta else None

    def apply(self, entry: Entry) -> Applied:
        """A public record, or what another machine says."""
        self._begin(entry)
        if entry.headers.get(ENTRY) in self._internal:
            return Applied(self._hear(entry))
        try:
            record = read_journaled(entry, self._rules.goods_classes)
        except Refused as refused:
            return Applied([refusal(entry, refused.reason, refused.message)], Verdict.REFUSED, reason=refused.reason)
        return self.accept(record, entry)

    def accept(self, record: Record, entry: Entry) -> Applied:
        """A record that was read already (a replay reads each but once)."""
        admission, identity = self._ledger.admit(record)
        if admission is Admission.DUPLICATE:
            return Applied((), Verdict.DUPLICATE, record.type)
        if admission is Admission.REUSED:
            message = "id: an earlier record of this source had it, with another type, time or data"
            letter = refusal(entry, Reason.IDENTITY_REUSED, message)
            return Applied([letter], Verdict.REFUSED, record.type, Reason.IDENTITY_REUSED)
        new = identity if admission is Admission.NEW else None
        return Applied(self._record(record, new, entry), Verdict.APPLIED, record.type)

    def tick(self, tick: int, entry: Entry) -> Ticking:
        """What falls due, comes into force, expires, is forgotten, or stands otherwise by other rules."""
        before = self._now
        meta = self.rows.get(META_KEY, Meta) or Meta(tick, self._rules.digest)
        changed = frozenset(PARAMETERS) if meta.rules != self._rules.digest else moved(self._rules, before, tick)
        self._tick = tick
        if self._began is None:
            self._began = tick
        trigger = replace(self._trigger(Cause.TICK, tick, entry), moved=changed)
        keys: Iterable[str] = self.rows.keys() if changed else ()
        began = self._began

        def end() -> None:
            if meta.rules != self._rules.digest or META_KEY not in self.rows:
                # last: a tick that was cut off is done again, and must still know that the rules are new
                self.rows.put(META_KEY, Meta(began, self._rules.digest))

        return _Tick(
            dict.fromkeys((*keys, *self.rows.due_until(tick))),
            lambda key: self._at_tick(key, trigger, before, entry),
            end,
            in_turn=bool(changed) or self.shares_rows,
        )

    def _begin(self, entry: Entry) -> None:
        """The first entry of the log says what *now* is before any tick; one that breaks says it too."""
        if META_KEY not in self.rows:
            if self._began is None:
                self._began = int(entry.headers.get(RECORDED, entry.timestamp))
            self.rows.put(META_KEY, Meta(self._began, self._rules.digest))

    @property
    def _now(self) -> int:
        if self._tick is not None:
            return self._tick
        return self._began if self._began is not None else 0

    def _trigger(self, cause: Cause, at: int, entry: Entry, because: Fact | None = None) -> Trigger:
        """What an entry makes us look for; `at`: when it came."""
        now = self._now
        return Trigger(cause, now, max(at, now), entry.offset, because, last_tick=self._tick)

    def _withdrawn(self, record: Record) -> Iterator[Identity]:
        """The identities that count no more because of this record: what it replaces, what it voids."""
        targets = []
        if record.replaces is not None and record.replaces != record.id:
            targets.append((record.source, record.replaces))
        if record.type == VOID:
            targets.append((record.data.source, record.data.record))
        for source, identity in targets:
            found = self._ledger.withdraw(record.log, source, identity, record)
            if found is not None:
                yield found

    @abstractmethod
    def _record(self, record: Record, new: Identity | None, entry: Entry) -> list[Output]:
        """A record that is no duplicate. `new`: its identity, if it counts; it has to be entered."""

    @abstractmethod
    def _hear(self, entry: Entry) -> list[Output]:
        """An entry that is no record."""

    @abstractmethod
    def _at_tick(self, key: str, trigger: Trigger, before: int, entry: Entry) -> list[Output]:
        """Look at one row that is due, or that other rules may concern. `before`: the tick before."""
