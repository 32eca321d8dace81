"""Random histories of a small district that works as districts do: days of uploads, scans, tests, and what goes wrong.

Larger and more orderly than `histories`: a record mostly means something, comes mostly in time, and is sometimes late,
missing, sent twice, voided, replaced, closed. Seeded: the same seed gives the same lines.
"""

from __future__ import annotations

import json
import random
from typing import Any

from schemas.alerts import alert_id
from schemas.times import DAY, HOUR, MINUTE, SECOND, date_of, day_after, format_instant, parse_instant, start_of

STARTS = ("2022-01-10", "2022-12-28", "2020-10-28", "2023-03-01")
GOODS = ("fruit", "fruit", "frozen-meat", "chilled-aquatic", "frozen-aquatic", "other-food", "chilled-meat")
PAPERS = ("quarantine", "test", "disinfection")


class District:
    """Makes one history."""

    def __init__(self, seed: int, operators: int, days: int) -> None:
        self.random = random.Random(seed)
        self.first = self.random.choice(STARTS)
        self.days = days
        self.operators = [f"OP-{number}" for number in range(operators)]
        self.staff = {name: [f"{name}-W{n}" for n in range(self.random.randint(0, 3))] for name in self.operators}
        self.events: list[tuple[int, int, dict[str, Any]]] = []
        self.number = 0

    def lines(self) -> list[bytes]:
        """The history."""
        for operator in self.operators:
            self._begins(operator)
        for back in range(self.days):
            for operator in self.operators:
                self._day(operator, day_after(self.first, back))
        for event in list(self.events):
            self._goes_wrong(*event)
        return [json.dumps(event, ensure_ascii=False).encode() for _, _, event in sorted(self.events, key=_order)]

    def _chance(self, chance: float) -> bool:
        return self.random.random() < chance

    def _at(self, day: str, begin: float, end: float) -> int:
        instant = start_of(day) + self.random.randrange(int(begin * HOUR), int(end * HOUR))
        return instant // MINUTE * MINUTE if self._chance(0.1) else instant

    def _add(self, source: str, kind: str, time: int, /, recorded: int | None = None, **data: Any) -> dict[str, Any]:
        self.number += 1
        lag = self.random.choice((1, 900, 2 * SECOND, 5 * SECOND, 5 * SECOND, 50 * SECOND))
        if self._chance(0.06):
            lag = self.random.choice((8 * MINUTE, 11 * MINUTE, 3 * HOUR, 20 * HOUR, 30 * HOUR, 6 * DAY, 40 * DAY))
        elif self._chance(0.03):
            lag = -self.random.choice((1, SECOND, MINUTE, 9 * MINUTE, 11 * MINUTE))
        event = {
            "specversion": "1.0",
            "id": f"e{self.number}",
            "source": source,
            "type": kind,
            "time": format_instant(time),
            "data": data,
        }
        self._send(event, time + lag if recorded is None else recorded)
        return event

    def _send(self, event: dict[str, Any], recorded: int) -> None:
        self.events.append((recorded, len(self.events), event | {"recordedtime": format_instant(recorded)}))

    def _registers(self, operator: str, time: int, **more: Any) -> None:
        place = self.random.randint(1, 3)
        data: dict[str, Any] = {
            "name": "鲜果园",
            "county": "330111",
            "town": f"33011100{place}",
            "grid": f"33011100{place}001",
            "office": f"330111-S0{place}",
            "activated": not self._chance(0.2),
            "trades": not self._chance(0.3),
            "status": "active",
        }
        self._add("/registry", "operator.registered", time, operator=operator, **data | more)

    def _begins(self, operator: str) -> None:
        if self._chance(0.1):
            return
        begin = self._at(self.first, 0, 9) + (DAY * self.random.randint(0, 5) if self._chance(0.2) else 0)
        self._registers(operator, begin)
        for staff in self.staff[operator]:
            self._add("/registry", "staff.enrolled", begin + HOUR, operator=operator, staff=staff)

    def _day(self, operator: str, day: str) -> None:
        if self._chance(0.07):
            return  # without a word
        if self._chance(0.04):
            self._add("/chain", "day.declared", self._at(day, 6, 9), operator=operator, date=day, trading=False)
            return
        if self._chance(0.05):
            status = self.random.choice(("active", "active", "suspended", "closed"))
            self._registers(operator, self._at(day, 0, 24), status=status, trades=True)
        if self._chance(0.02):
            self._add("/registry", "account.activated", self._at(day, 8, 18), operator=operator)
        if self._chance(0.85):
            scope = "premises" if self._chance(0.95) else "lot"
            self._add("/chain", "disinfection.recorded", self._at(day, 17, 24.2), operator=operator, scope=scope)
        for _ in range(self.random.choice((0, 1, 1, 2))):
            self._lot(operator, day)
        if self._chance(0.1):
            self._add("/scan", self._scan(), self._at(day, 6, 22), operator=operator)
        if self._chance(0.06):
            self._sample(operator, day, "surface" if self._chance(0.4) else "goods", f"{operator}-{day}")
        self._people(operator, day)

    def _scan(self) -> str:
        return self.random.choice(("goods.received", "goods.dispatched", "goods.sold", "goods.sold"))

    def _papers(self, day: str) -> list[dict[str, Any]]:
        papers = []
        for kind in PAPERS:
            if self._chance(0.75):
                issued = day_after(day, -self.random.choice((0, 3, 9, 40, -1)))
                paper = {"kind": kind, "number": f"{kind[0].upper()}-{self.number}", "issued_on": issued}
                if self._chance(0.3):
                    paper["expires_on"] = day_after(day, self.random.choice((-1, 0, 1, 30)))
                papers.append(paper)
        return papers

    def _lot(self, operator: str, day: str) -> None:
        lot, time = f"LOT-{self.number}", self._at(day, 5, 18)
        who: dict[str, Any] = {"operator": operator, "lot": lot}
        if self._chance(0.4):
            supplier: dict[str, Any] = {"supplier": "杭州联华"} if self._chance(0.8) else {}
            self._add("/scan", "goods.received", time, **who, **supplier)
        if not self._chance(0.3):
            code: dict[str, Any] = {"trace_code": f"Z{self.number}"} if self._chance(0.8) else {}
            goods = self.random.choice(GOODS)
            at = time + self.random.randrange(-HOUR, 2 * HOUR)
            self._add("/chain", "lot.uploaded", at, **who, goods=goods, papers=self._papers(day), **code)
            if self._chance(0.1):
                self._add("/chain", "lot.uploaded", at + DAY, **who, goods=self.random.choice(GOODS), papers=[])
        if self._chance(0.4):
            added: dict[str, Any] = {"papers": self._papers(day), "trace_code": "Z9" if self._chance(0.5) else None}
            self._add("/chain", "papers.added", time + self.random.randrange(3 * HOUR), **who, **added)
        for _ in range(self.random.randint(0, 3)):
            sold = time + self.random.choice((0, 2 * MINUTE, self.random.randrange(5 * HOUR), DAY, 25 * DAY))
            self._add("/scan", self._scan(), sold, **who)

    def _sample(self, operator: str, day: str, on: str, sample: str) -> None:
        who: dict[str, Any] = {"sample": sample, "on": on, "operator": operator}
        if on == "goods" and self._chance(0.8):
            who["lot"] = f"LOT-{self.random.randint(1, max(2, self.number))}"
        self._results(self._at(day, 8, 17), who)

    def _results(self, time: int, who: dict[str, Any], positive: float = 0.4) -> None:
        recorded = time
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            recorded += self.random.randrange(10 * HOUR)
            result = "positive" if self._chance(positive) else self.random.choice(("negative", "pending", "invalid"))
            self._add("/lab", "sample.tested", time, recorded, **who, result=result, hazard="sars-cov-2")
            time += self.random.choice((0, 0, HOUR))

    def _people(self, operator: str, day: str) -> None:
        for staff in self.staff[operator]:
            if self._chance(0.2):
                who = {"sample": f"{staff}-{day}", "on": "staff", "staff": staff}
                self._results(self._at(day, 7, 20), who, 0.08)
            if self._chance(0.02):
                self._add("/registry", "staff.left", self._at(day, 8, 20), operator=operator, staff=staff)
            if self._chance(0.02):
                other = self.random.choice(self.operators)
                self._add("/registry", "staff.enrolled", self._at(day, 8, 20), operator=other, staff=staff)

    def _goes_wrong(self, recorded: int, _number: int, event: dict[str, Any]) -> None:
        after = recorded + self.random.choice((0, 1, 20 * SECOND, 5 * MINUTE, 40 * MINUTE, 5 * HOUR, 2 * DAY, 9 * DAY))
        named = event["data"]
        if self._chance(0.03):
            self._send(event, after)
        if self._chance(0.02):
            self._send(event | {"data": named | {"operator": self.random.choice(self.operators)}}, after)
        if self._chance(0.03):
            log = next(name for name in ("operator", "staff", "person") if name in named)
            whose = {log: named[log]}
            source = event["source"] if self._chance(0.9) else "/elsewhere"
            void = self._add(source, "record.voided", after, after, **whose, source=event["source"], record=event["id"])
            if self._chance(0.1):
                self._add(source, "record.voided", after, after, **whose, source=source, record=void["id"])
        if self._chance(0.03):
            data = dict(named)
            if event["type"].startswith("goods.") and self._chance(0.5):
                data["box"] = "B1"
            replacing = event | {"id": f"x{len(self.events)}", "data": data, "replaces": event["id"]}
            self._send(replacing, after)
        if self._chance(0.12):
            self._handles(event, max(recorded, after))

    def _handles(self, event: dict[str, Any], time: int) -> None:
        data = event["data"]
        operator = data.get("operator") or self.random.choice(self.operators)
        if "sample" in data:
            kind, subject = ("positive" if "operator" in data else "staff-positive"), data["sample"]
        elif event["type"] in ("goods.sold", "goods.dispatched") and "lot" in data:
            kind, subject = "sold-early", data["lot"]
        elif event["type"].startswith("goods.") and "lot" not in data:
            kind, subject = "uncoded-goods", date_of(parse_instant(event["time"]))
        else:
            return
        nobody = kind == "staff-positive" and self._chance(0.5)
        who = {"staff": data["staff"]} if nobody else {"operator": operator}
        alert = alert_id(kind, "" if nobody else operator, subject)
        action = "close" if self._chance(0.8) else "seal"
        self._add("/field", "alert.handled", time, time, **who, alert=alert, by="P-1", action=action)


class PeopledDistrict(District):
    """The same with the people who are told; some of them come late, leave, or can't be reached."""

    def _begins(self, operator: str) -> None:
        super()._begins(operator)
        if operator == self.operators[0]:
            for place in (1, 2, 3):
                self._assign(f"officer-{place}", role="officer", offices=[f"330111-S0{place}"])
                self._assign(f"grid-{place}", role="grid-worker", grids=[f"33011100{place}001"])
            self._assign("desk", role="duty-desk", counties=["330111"])
        self._assign(f"owner-{operator}", role="owner", operators=[operator])

    def _assign(self, person: str, **data: Any) -> None:
        ways = [{"kind": "sms", "address": "13800000000"}] if self._chance(0.8) else []
        time = self._at(self.first, 0, 40)
        self._add("/registry", "person.assigned", time, person=person, name="某某", channels=ways, **data)
        if self._chance(0.2):
            self._add("/registry", "person.left", time + DAY, person=person)


def _order(event: tuple[int, int, dict[str, Any]]) -> tuple[int, int]:
    return event[0], event[1]


def district(seed: int, operators: int = 8, days: int = 21) -> list[bytes]:
    """The lines of a district's history: about four a day for each operator."""
    return District(seed, operators, days).lines()
