"""Random histories of a small world, where everything collides: for comparing two readings of the contract.

Seeded: the same seed gives the same lines. Three operators, few lots, staff and samples; late and future records, ties,
voids before and after, chains of replacements, duplicates, reused identities, closes, times at exact edges.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from schemas.alerts import alert_id
from schemas.times import (
    BEIJING,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    date_of,
    day_after,
    format_instant,
    parse_instant,
    start_of,
)
from tests.properties.shapes import HARDER, SHAPES, Shape

__all__ = ["HARDER", "SHAPES", "Maker", "Shape", "history"]

OPERATORS = ("A", "B", "C")
LOTS = ("L1", "L2", "L3")
STAFF = ("W1", "W2", "W3")
GOODS = ("fruit", "frozen-meat", "chilled-aquatic", "frozen-aquatic", "other-food")
PLACES = (
    ("330111", "330111001", "330111001003", "330111-S01"),
    ("330111", "330111115", "330111115001", "330111-S07"),
)
STARTS = ("2022-01-05T08:00:00+08:00", "2023-01-05T18:59:30+08:00", "2020-10-30T09:00:00+08:00", "2022-06-01T23:50:00Z")
SHORT = (0, 0, 1, 999, SECOND, 5 * SECOND, 29_999, 30 * SECOND, MINUTE, 2 * MINUTE, 9 * MINUTE, 10 * MINUTE)
GAPS = (*SHORT, 25 * MINUTE, HOUR, 3 * HOUR, 11 * HOUR, 24 * HOUR)
LATE = (0, 0, 0, 1, SECOND, 4 * SECOND, MINUTE, 2 * MINUTE, 2 * MINUTE + 1, 10 * MINUTE, HOUR, 9 * HOUR, 24 * HOUR)
FAR = (3 * DAY, 7 * DAY, 14 * DAY, 15 * DAY, 31 * DAY, 80 * DAY, 90 * DAY, 90 * DAY + 1)
AHEAD = (1, SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 10 * MINUTE + 1)
SOURCES = {"registry": "/reg", "chain": "/chain", "scan": "/scan", "lab": "/lab", "field": "/field"}


@dataclass
class Maker:
    """Makes one history."""

    seed: int
    shape: Shape

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        size = self.shape.size
        self.operators, self.lots, self.staff = OPERATORS[:size], LOTS[:size], STAFF[:size]
        self.recorded = parse_instant(self.random.choice(STARTS))
        self.sent: list[dict[str, Any]] = []
        self.number = 0

    def lines(self) -> list[bytes]:
        """The history."""
        made = [self._registered(operator) for operator in self.operators if self.random.random() < 0.85]
        while len(made) < self.shape.lines:
            self._advance()
            made.append(self._next())
        if self.shape.quiet:
            self.recorded += int(self.shape.quiet * DAY)
            made.append(self._event("/shopper", "code.looked-up", {"lot": "L9"}, time=self.recorded))
        return [json.dumps(event, ensure_ascii=False).encode() for event in made]

    def _advance(self) -> None:
        pick = self.random.random()
        if pick < self.shape.leap:
            self.recorded += 180 * DAY + self.random.choice((-DAY, -MINUTE, 0, MINUTE, DAY))
        elif pick < self.shape.leap + self.shape.edge:
            after = parse_instant(self.random.choice(self.sent[-9:])["recordedtime"]) if self.sent else self.recorded
            edge = after + 180 * DAY + self.random.choice((-MINUTE, -1, 0, 1, MINUTE))
            if self.random.random() < 0.3:
                edge = (edge // MINUTE + 1) * MINUTE + self.random.choice((-1, 0))
            self.recorded = max(edge, self.recorded)
        elif pick < 0.7:
            self.recorded += self.random.choice(GAPS[: self.random.randint(2, len(GAPS))])
        elif pick < 0.8:  # to the edge of a tick
            self.recorded = (self.recorded // MINUTE + 1) * MINUTE + self.random.choice((-1, 0, 1))
        elif pick < 0.85:  # to an edge of the Beijing day
            edge = start_of(date_of(self.recorded)) + self.random.choice((9, 20, 24)) * HOUR
            self.recorded = max(self.recorded, edge + self.random.choice((-MINUTE, -1, 0, 1, MINUTE)))
        else:
            self.recorded += int(self.random.random() * 2 * self.shape.days * DAY / self.shape.lines)

    def _next(self) -> dict[str, Any]:
        makers = {
            "_registered": 5,
            "_account": 1,
            "_staff": 5,
            "_upload": 9,
            "_papers": 4,
            "_disinfection": 3,
            "_declared": 2,
            "_scan": 16,
            "_shopper": 1,
            "_sample": 6,
            "_staff_sample": 8,
            "_patrol": 1,
            "_handled": 6,
            "_void": 8,
            "_again": 4,
            "_noise": 1,
        } | self.shape.weights
        name = self.random.choices(list(makers), list(makers.values()))[0]
        event: dict[str, Any] = getattr(self, name)() if name != "_registered" else self._registered()
        return event

    def _time(self) -> int:
        pick = self.random.random()
        if pick < self.shape.late:
            return self.recorded - self.random.choice(FAR)
        if pick < 0.68:
            return self.recorded - self.random.choice(LATE)
        if pick < 0.76:
            return self.recorded + self.random.choice(AHEAD)
        if pick < 0.86 and self.sent:
            other = parse_instant(self.random.choice(self.sent[-12:])["time"])
            shift = self.random.choice((0, 0, 1, 2 * MINUTE, 24 * HOUR, 14 * DAY))
            return other + self.random.choice((-1, 1)) * shift + self.random.choice((-1, 0, 0, 1))
        edge = start_of(day_after(date_of(self.recorded), -self.random.choice((0, 0, 1, 2))))
        return edge + self.random.choice((0, 9, 20, 23)) * HOUR + self.random.choice((-1, 0, 0, 1))

    def _event(self, source: str, kind: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        self.number += 1
        time = more.pop("time", None)
        event = {
            "specversion": "1.0",
            "id": more.pop("id", f"r{self.number}"),
            "source": SOURCES.get(source, source),
            "type": kind,
            "time": self._written(self._time() if time is None else time),
            "recordedtime": format_instant(self.recorded),
            "data": data,
        }
        if self.sent and self.random.random() < 0.06:
            event["replaces"] = self._other_id(event)
        if self.random.random() < 0.02:
            event["source"] = "/other"
        if self.random.random() < 0.03:
            event["data"] = self._with_unknown(data)
        self.sent.append(event)
        return event

    def _with_unknown(self, data: dict[str, Any]) -> dict[str, Any]:
        """With a field that another type has; where this one has none of the name, it means nothing."""
        name, value = self.random.choice(
            (
                ("supplier", "杭州联华"),
                ("lot", self.random.choice(self.lots)),
                ("box", "B1"),
                ("trace_code", "Z1"),
                ("papers", self._some_papers()),
                ("activated", True),
                ("status", "active"),
                ("date", self._day()),
                ("scope", "premises"),
                ("result", "positive"),
                ("operator", self._operator()),
                ("staff", self.random.choice(self.staff)),
                ("remark", None),
            )
        )
        return {name: value} | data

    def _other_id(self, event: dict[str, Any]) -> str:
        same = [other["id"] for other in self.sent if other["source"] == event["source"]]
        pick = self.random.random()
        if pick < 0.1 or not same:
            return f"r{self.number + self.random.randint(0, 6)}"
        return str(self.random.choice(same[-6:]))

    def _written(self, instant: int) -> str:
        if self.random.random() < 0.8:
            return format_instant(instant)
        return format_instant(instant + BEIJING)[:-1] + "+08:00"

    def _operator(self) -> str:
        return self.random.choice(self.operators)

    def _day(self) -> str:
        return day_after(date_of(self.recorded), self.random.choice((-3, -2, -1, -1, 0, 0, 1, 2)))

    def _registered(self, operator: str | None = None) -> dict[str, Any]:
        county, town, grid, office = self.random.choice(PLACES)
        data = {
            "operator": operator or self._operator(),
            "name": "鲜果园",
            "county": county,
            "town": town,
            "grid": grid,
            "office": office,
            "activated": self.random.random() < 0.6,
            "trades": self.random.random() < 0.75,
            "status": self.random.choices(("active", "suspended", "closed"), (8, 1, 1))[0],
        }
        return self._event("registry", "operator.registered", data)

    def _account(self) -> dict[str, Any]:
        return self._event("registry", "account.activated", {"operator": self._operator()})

    def _staff(self) -> dict[str, Any]:
        kind = self.random.choices(("staff.enrolled", "staff.left"), (3, 1))[0]
        return self._event("registry", kind, {"operator": self._operator(), "staff": self.random.choice(self.staff)})

    def _some_papers(self) -> list[dict[str, Any]]:
        papers = []
        for kind in ("quarantine", "test", "disinfection"):
            if self.random.random() < 0.6:
                day = self._day() if self.random.random() < 0.3 else day_after(date_of(self.recorded), -90)
                paper = {"kind": kind, "number": self.random.choice(("N-1", "N-2", "N-3", " ")), "issued_on": day}
                if self.random.random() < 0.3:
                    paper["expires_on"] = self._day()
                papers.append(paper)
        return papers

    def _upload(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "operator": self._operator(),
            "lot": self.random.choice(self.lots),
            "goods": self.random.choice(GOODS),
            "papers": self._some_papers(),
        }
        if self.random.random() < 0.6:
            data["trace_code"] = self.random.choice(("Z1", "Z2", " "))
        return self._event("chain", "lot.uploaded", data)

    def _papers(self) -> dict[str, Any]:
        data: dict[str, Any] = {"operator": self._operator(), "lot": self.random.choice(self.lots)}
        if self.random.random() < 0.8:
            data["papers"] = self._some_papers()
        if self.random.random() < 0.5:
            data["trace_code"] = self.random.choice(("Z1", "\u3000", None))
        return self._event("chain", "papers.added", data)

    def _disinfection(self) -> dict[str, Any]:
        data = {"operator": self._operator(), "scope": self.random.choice(("premises", "premises", "lot")), "lot": "L1"}
        return self._event("chain", "disinfection.recorded", data)

    def _declared(self) -> dict[str, Any]:
        return self._event(
            "chain", "day.declared", {"operator": self._operator(), "date": self._day(), "trading": False}
        )

    def _scan(self) -> dict[str, Any]:
        kind = self.random.choices(("goods.received", "goods.dispatched", "goods.sold"), (2, 1, 3))[0]
        data: dict[str, Any] = {"operator": self._operator()}
        pick = self.random.random()
        if pick < 0.6:
            data["lot"] = self.random.choice((*self.lots, *self.lots, " L1 "))
        elif pick < 0.7:
            data["box"] = "B1"
        elif pick < 0.75:
            data["lot"] = " "
        if kind == "goods.received" and self.random.random() < 0.5:
            data["supplier"] = self.random.choice(("杭州联华", "\u3000"))
        return self._event("scan", kind, data)

    def _shopper(self) -> dict[str, Any]:
        data: dict[str, Any] = {"lot": self.random.choice(self.lots)}
        if self.random.random() < 0.3:
            data["operator"] = self._operator()
        return self._event("scan", self.random.choice(("code.looked-up", "purchase.registered")), data)

    def _sample(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "sample": self.random.choice(("S1", "S2")),
            "on": self.random.choice(("goods", "surface")),
            "operator": self._operator(),
            "result": self.random.choices(("positive", "negative", "pending", "invalid"), (4, 2, 1, 1))[0],
            "hazard": self.random.choice(("sars-cov-2", "sars-cov-2", "salmonella")),
        }
        if self.random.random() < 0.5:
            data["lot"] = self.random.choice((*self.lots, " "))
        return self._event("lab", "sample.tested", data)

    def _staff_sample_name(self, staff: str) -> str:
        return f"{'W' if self.shape.shared else staff}-{self.random.randint(1, 3)}"

    def _staff_sample(self) -> dict[str, Any]:
        staff = self.random.choice(self.staff)
        data = {
            "sample": self._staff_sample_name(staff),
            "on": "staff",
            "staff": staff,
            "result": self.random.choices(("positive", "negative", "pending", "invalid"), (3, 3, 1, 1))[0],
            "hazard": self.random.choice(("sars-cov-2", "sars-cov-2", "salmonella")),
        }
        return self._event("lab", "sample.tested", data)

    def _patrol(self) -> dict[str, Any]:
        return self._event("field", "patrol.recorded", {"operator": self._operator(), "by": "P-1"})

    def _handled(self) -> dict[str, Any]:
        """Mostly a close, mostly of an alert that a recent record may have opened."""
        recent = [event for event in self.sent[-12:] if isinstance(event["data"].get("operator"), str)]
        event = self.random.choice(recent or [self._scan()])
        data, operator = event["data"], event["data"]["operator"].strip()
        staff = self.random.choice(self.staff)
        if event["type"] == "sample.tested" and "sample" in data:
            kind, subject = "positive", data["sample"]
        elif data.get("lot"):
            kind, subject = self.random.choice(("sold-early", "sold-early", "papers-missing")), str(data["lot"]).strip()
        elif event["type"].startswith("goods."):
            kind, subject = "uncoded-goods", date_of(parse_instant(event["time"]))
        else:
            kind, subject = "staff-positive", self._staff_sample_name(staff)
        handled = {"by": "P-1", "action": self.random.choice(("close", "close", "close", "seal"))}
        if kind == "staff-positive" and self.random.random() < 0.4:
            handled |= {"staff": staff, "alert": alert_id(kind, "", subject)}
        else:
            named = operator if self.random.random() < 0.9 else self._operator()
            handled |= {"operator": named, "alert": alert_id(kind, operator, subject)}
        return self._event("field", "alert.handled", handled)

    def _void(self) -> dict[str, Any]:
        ahead = self.random.random() < 0.15
        other = self.random.choice(self.sent[-15:] or [self._scan()])
        named: dict[str, Any] = other["data"]
        data = {name: named[name] for name in ("operator", "staff") if isinstance(named.get(name), str)}
        if len(data) > 1:
            del data["staff"]
        if not data:
            data = {"operator": "A"}
        record = f"r{self.number + self.random.randint(2, 6)}" if ahead else other["id"]
        source = other["source"] if self.random.random() < 0.9 else "/reg"
        data |= {"source": other["source"], "record": record}
        return self._event(source, "record.voided", data)

    def _again(self) -> dict[str, Any]:
        """A duplicate, or another record under an identity that is taken."""
        if not self.sent:
            return self._scan()
        event = dict(self.random.choice(self.sent[-15:]))
        event["recordedtime"] = format_instant(self.recorded)
        pick = self.random.random()
        if pick < 0.4:
            event["time"] = self._written(parse_instant(event["time"]))
        elif pick < 0.6:
            event["data"] = self.random.choice(self.sent[-15:])["data"]
        elif pick < 0.8:
            event["data"] = event["data"] | {"operator": self._operator()}
        else:
            event["time"] = self._written(self._time())
        self.sent.append(event)
        return event

    def _noise(self) -> dict[str, Any]:
        event = self._scan()
        pick = self.random.random()
        if pick < 0.4:
            event["data"]["lot"] = 7
        elif pick < 0.7:
            event["type"] = "goods.stolen"
        else:
            event["data"]["operator"] = "A\u0007"
        return event


def history(seed: int, shape: Shape | None = None) -> list[bytes]:
    """The lines of a history; without a shape, one of the shapes above by the seed."""
    return Maker(seed, shape or SHAPES[seed % len(SHAPES)]).lines()
