"""A small district for timelines: people, alerts, ticks in; what each person was told out. Whatever was told and not
asked for fails the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.alerts import PRIVATE, Alert, Kind, Place
from schemas.notices import Notice, Receipt, decode_notice, decode_receipt
from schemas.reasons import Verdict
from schemas.times import format_instant, parse_instant
from streams.context import Context
from streams.machine import ENTRY, ORIGIN, RECORDED, Applied, Entry, Output
from streams.parameters import Rules
from streams.routing.machine import OPERATOR_NAME, Routing
from streams.settings import Settings
from tests import alerts

RULES = Rules.load()
PLACE = Place("330111", "330111001", "330111001003", "330111-S01")
ELSEWHERE = Place("330111", "330111004", "330111004002", "330111-S02")
DAY = "2022-01-05"
DETAIL: dict[Kind, dict[str, Any]] = {
    Kind.POSITIVE: {"sample": "S1", "on": "goods", "hazard": "sars-cov-2", "lot": "L1"},
    Kind.STAFF_POSITIVE: {"sample": "S1", "staff": "W1", "hazard": "sars-cov-2"},
    Kind.UNCODED_GOODS: {"day": DAY, "first": f"{DAY}T01:00:00.000Z", "types": ["goods.sold"]},
    Kind.PAPERS_MISSING: {"lot": "L1", "goods": "fruit", "missing": ["quarantine", "test"]},
    Kind.NOT_ON_CHAIN: {"lot": "L1", "due": f"{DAY}T01:00:00.000Z"},
    Kind.SOLD_EARLY: {"lot": "L1", "at": f"{DAY}T01:00:00.000Z", "missing": ["upload"]},
    Kind.DISINFECTION_MISSING: {"day": DAY, "due": f"{DAY}T01:00:00.000Z"},
    Kind.SILENT: {"base": "2022-01-02", "due": f"{DAY}T12:00:00.000Z"},
    Kind.TEST_OVERDUE: {"staff": "W1", "due": f"{DAY}T12:00:00.000Z"},
    Kind.NOT_ACTIVATED: {"due": f"{DAY}T01:00:00.000Z"},
    Kind.UNKNOWN_OPERATOR: {"due": f"{DAY}T01:00:00.000Z"},
}
SUBJECT = {
    Kind.POSITIVE: "S1",
    Kind.STAFF_POSITIVE: "S1",
    Kind.UNCODED_GOODS: DAY,
    Kind.DISINFECTION_MISSING: DAY,
    Kind.TEST_OVERDUE: "W1",
}


def at(clock: str, day: str = DAY) -> int:
    """Beijing time of day → instant."""
    return parse_instant(f"{day}T{clock}:00+08:00" if clock.count(":") == 1 else f"{day}T{clock}+08:00")


def alert(kind: Kind, **changes: Any) -> Alert:
    """An alert of this kind at the shop A."""
    operator = changes.pop("operator", "A")
    subject = changes.pop("subject", SUBJECT.get(kind, "L1" if "lot" in DETAIL[kind] else operator))
    values: dict[str, Any] = {
        "since": f"{DAY}T01:00:00.000Z",
        "changed_at": f"{DAY}T02:00:00.000Z",
        "place": PLACE,
        "detail": DETAIL[kind],
    }
    return alerts.alert(kind, operator, subject, **values | changes)


@dataclass
class District:
    """The routing machine, fed as the engine feeds it. `stored`: what stands in the state topic."""

    county: str = "330111"
    machine: Routing = field(init=False)
    notices: list[Notice] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    letters: list[Output] = field(default_factory=list)
    stored: dict[bytes, bytes | None] = field(default_factory=dict)
    now: int = at("09:00")
    _offset: int = 0
    _last: dict[str, Alert] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.machine = Routing(0, self.context())
        self.machine.resume(None)

    def context(self) -> Context:
        return Context(Settings(county=self.county), RULES, {"notice-journal": 1})

    # what comes in

    def entry(self, sort: str, value: bytes | None, headers: dict[str, bytes] | None = None) -> Entry:
        self._offset += 1
        return Entry(
            "notice-journal", 0, self._offset, self.now, None, value, {ENTRY: sort.encode(), **(headers or {})}
        )

    def apply(self, entry: Entry) -> Applied:
        self.machine.rows.mark()
        applied = self.machine.apply(entry)
        self._collect(list(applied.outputs))
        return applied

    def record(self, kind: str, data: dict[str, Any], *, when: int | None = None, **attributes: Any) -> Applied:
        """A record about a person, recorded now."""
        time = self.now if when is None else when
        event = {"specversion": "1.0", "source": "hr", "id": f"r{self._offset}", "type": kind}
        body = event | {"time": format_instant(time)} | attributes | {"data": data}
        headers = {ORIGIN: b"registry/0/1", RECORDED: b"%d" % self.now}
        return self.apply(self.entry("record", orjson.dumps(body), headers))

    def assign(
        self, person: str, role: str, *areas: str, channels: Any = None, when: int | None = None, **data: Any
    ) -> Applied:
        """A `person.assigned`. Identity and other attributes by keyword `id`, `replaces`."""
        attributes = {name: data.pop(name) for name in ("id", "replaces", "source") if name in data}
        field_of = {"owner": "operators", "officer": "offices", "grid-worker": "grids", "duty-desk": "counties"}
        if channels is None:
            channels = [{"kind": "wecom-robot", "address": f"key-{person}"}]
        body = {"person": person, "name": "某人", "role": role, field_of[role]: list(areas), "channels": channels}
        applied = self.record("person.assigned", body | data, when=when, **attributes)
        assert applied.verdict is not Verdict.REFUSED, applied
        return applied

    def staffed(self) -> District:
        """One of each role for the shop A, and the desk."""
        self.assign("owner", "owner", "A")
        self.assign("officer", "officer", PLACE.office)
        self.assign("grid", "grid-worker", PLACE.grid)
        self.assign("desk", "duty-desk", PLACE.county)
        self.tick("09:00")
        self.expect({})
        return self

    def change(self, value: Alert, name: str | None = "富阳鲜果行") -> None:
        """An alert message as operators or staff pass it on."""
        headers = {} if name is None else {OPERATOR_NAME: name.encode()}
        self._last[value.id] = value
        self.apply(self.entry("alert", orjson.dumps(value), headers))

    def fire(self, kind: Kind, clock: str = "10:00", **changes: Any) -> Alert:
        """An alert begins, or stands in another form, at this time of day."""
        self.now = max(self.now, at(clock))
        value = alert(kind, changed_at=format_instant(at(clock)), **changes)
        before = self._last.get(value.id)
        if before is not None:
            episode = before.episode + (before.status == "resolved")
            value = alert(kind, changed_at=value.changed_at, revision=before.revision + 1, episode=episode, **changes)
        self.change(value)
        return value

    def resolve(self, kind: Kind, clock: str = "10:30", by: str = "record", **changes: Any) -> Alert:
        """The alert ends at this time of day."""
        self.now = max(self.now, at(clock))
        before = self._last[alert(kind, **changes).id]
        fields = {name: getattr(before, name) for name in Alert.__slots__}
        moved = {"status": "resolved", "resolved_by": by, "revision": before.revision + 1}
        value = Alert(**fields | moved | {"changed_at": format_instant(at(clock))})
        self.change(value)
        return value

    def tick(self, clock: str, day: str = DAY) -> None:
        """A tick at this Beijing time."""
        self.now = at(clock, day)
        for outputs in self.machine.tick(self.now, self.entry("tick", b"%d" % self.now)):
            self._collect(outputs)

    def restart(self) -> None:
        """The worker dies and another one reads the rows."""
        self.stored |= dict(self.machine.rows.take())
        self.machine = Routing(0, self.context())
        for key, value in self.stored.items():
            self.machine.rows.load(key, value)
        self.machine.resume(self.now)

    def _collect(self, outputs: list[Output]) -> None:
        for output in outputs:
            assert output.value is not None
            if output.topic == "notices":
                notice = decode_notice(output.value)
                assert output.key == notice.recipient.encode()
                self.notices.append(notice)
            elif output.topic == "receipts":
                receipt = decode_receipt(output.value)
                assert output.key == receipt.notice.encode()
                self.receipts.append(receipt)
            else:
                assert output.topic == "dead-letters"
                self.letters.append(output)

    # what was told

    def expect(self, wanted: dict[str, list[str]]) -> list[Notice]:
        """Exactly these notices since the last look: person → what, `change kind` a word, one text for each notice.
        Gives them; nothing may have been suppressed."""
        notices, self.notices = self.notices, []
        told: dict[str, list[str]] = {}
        for notice in notices:
            told.setdefault(notice.recipient, []).append(summary(notice))
            for item in notice.about:
                assert not (notice.group and item.kind in PRIVATE)
        assert told == wanted
        self.quiet()
        return notices

    def quiet(self) -> None:
        """Nothing was suppressed since the last look."""
        assert [(item.recipient, item.reason) for item in self.receipts] == []

    def suppressed(self) -> list[tuple[str, str]]:
        """(recipient, reason) of what was suppressed since the last look."""
        receipts, self.receipts = self.receipts, []
        assert all(item.outcome == "suppressed" for item in receipts)
        return [(item.recipient, str(item.reason)) for item in receipts]


def summary(notice: Notice) -> str:
    """`begins positive + ends silent`: what a notice says, in its order."""
    seen = dict.fromkeys(f"{item.change} {item.kind}" for item in notice.about)
    return " + ".join(seen) or notice.title
