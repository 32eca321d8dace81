"""Ordinary days: lots come on the chain with their papers, travel, are sold; premises are disinfected. Free of gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from connectors.demo.generator.book import CHAIN, DAYS, FIELD, SCAN, Book, Standstill, at
from connectors.demo.generator.district import District, Operator
from schemas.times import HOUR, MINUTE, SECOND, date_of, day_after, format_instant

GOODS = {
    "fruit": ["智利车厘子", "越南火龙果", "泰国榴莲", "新西兰奇异果", "菲律宾香蕉"],
    "frozen-aquatic": ["厄瓜多尔白虾", "挪威三文鱼"],
    "frozen-meat": ["巴西牛肉", "澳洲羊肉"],
    "chilled-aquatic": ["加拿大龙虾"],
}
FROZEN = ("frozen-aquatic", "frozen-meat")
ORIGINS = {
    "智": "CL",
    "越": "VN",
    "泰": "TH",
    "新": "NZ",
    "菲": "PH",
    "厄": "EC",
    "挪": "NO",
    "巴": "BR",
    "澳": "AU",
    "加": "CA",
}
MATURING = 30 * MINUTE
"""Goods leave half an hour after they are covered at the earliest."""
FIRST_GOODS = 7.25
"""On the first day goods move only after everyone is registered."""


def complete_papers(goods: str, day: str, number: str) -> list[dict[str, Any]]:
    """Every paper that a class of goods needs, counting on that day."""
    kinds = ["quarantine", "test", *(["disinfection"] if goods in FROZEN else [])]
    issued = day_after(day, -4)
    return [{"kind": kind, "number": f"{kind[:1].upper()}{number}", "issued_on": issued} for kind in kinds]


def upload(operator: Operator, lot: str, goods: str, product: str, day: str) -> dict[str, Any]:
    """The data of an upload with everything that is needed."""
    return {
        "operator": operator.id,
        "lot": lot,
        "goods": goods,
        "product": product,
        "origin": ORIGINS[product[0]],
        "quantity": {"amount": 200.0, "unit": "box"},
        "supplier": "宁波舟山港进口货代",
        "trace_code": f"33{lot}",
        "first_station": operator.imports,
        "papers": complete_papers(goods, day, lot),
    }


@dataclass(slots=True)
class Life:
    """What everyone has in stock, and when they were last heard of."""

    book: Book
    rng: Random
    district: District
    busy: float  # share of open days on which a shop does something
    stock: dict[str, list[tuple[str, int]]] = field(default_factory=dict)  # operator → (lot, covered since)
    heard: dict[str, str] = field(default_factory=dict)  # operator → day of the last activity
    lots: int = 0

    def live(self) -> None:
        """All days, importers before shops, so that what they send arrives the same day."""
        for day in DAYS:
            dealing = [o for o in self.district.operators if self._deals(o, day)]
            for operator in sorted(dealing, key=lambda operator: not operator.imports):
                self._day(operator, day)
            self._shoppers(day)
            self._patrols(day, dealing)

    def _deals(self, operator: Operator, day: str) -> bool:
        if not operator.trades or operator.status != "active":
            return False
        return operator.since <= day and (not operator.until or day < operator.until)

    def _day(self, operator: Operator, day: str) -> None:
        if day in operator.closed:
            data = {"operator": operator.id, "date": day, "trading": False}
            self.book.write(CHAIN, "day.declared", at(day, 6.2) + self.rng.randrange(HOUR), data)
            return
        if day not in operator.undisinfected:
            self._disinfect(operator, day)
        if day in operator.quiet:
            return
        overdue = self.heard.get(operator.id, "") <= day_after(day, -2)
        if operator.imports:
            self._import(operator, day)
        elif overdue or self.rng.random() < self.busy:
            self._trade(operator, day)

    def _disinfect(self, operator: Operator, day: str) -> None:
        """In the morning, or after closing; some write that down only the next morning, before nine."""
        dice = self.rng.random()
        if operator.since == day:
            moment, delay = at(day, 12) + self.rng.randrange(5 * HOUR), 2 * SECOND
        elif dice < 0.55:
            moment, delay = at(day, 6.5) + self.rng.randrange(2 * HOUR), 2 * SECOND
        elif dice < 0.8 or day == DAYS[-1]:
            moment, delay = at(day, 18.5) + self.rng.randrange(3 * HOUR), 2 * SECOND
        else:
            moment = at(day, 20) + self.rng.randrange(2 * HOUR)
            delay = at(day_after(day), 7) + self.rng.randrange(100 * MINUTE) - moment
        data = {"operator": operator.id, "scope": "premises"}
        self.book.write(CHAIN, "disinfection.recorded", moment, data, delay=delay)

    def lot(self) -> str:
        """The name of a lot that nobody has used."""
        self.lots += 1
        return f"ZJ22{self.lots:06d}"

    def _import(self, operator: Operator, day: str) -> None:
        lot, goods = self.lot(), self.rng.choice(list(GOODS))
        data = upload(operator, lot, goods, self.rng.choice(GOODS[goods]), day)
        moment = at(day, 7.5) + self.rng.randrange(2 * HOUR)
        late_papers = data["papers"].pop() if self.rng.random() < 0.15 else None
        self.book.write(CHAIN, "lot.uploaded", moment, data)
        if late_papers is not None:  # half a minute is allowed
            papers = {"operator": operator.id, "lot": lot, "papers": [late_papers]}
            self.book.write(CHAIN, "papers.added", moment + 4 * SECOND + self.rng.randrange(16 * SECOND), papers)
        self._gains(operator, lot, moment + MINUTE, day)
        shops = [o for o in self.district.operators if not o.imports and self._open(o, day)]
        for shop in self.rng.sample(shops, min(len(shops), self.rng.choice((1, 1, 2)))):
            self._send(operator, shop, day)

    def _open(self, operator: Operator, day: str) -> bool:
        return self._deals(operator, day) and operator.since != day and day not in operator.closed | operator.quiet

    def _send(self, operator: Operator, shop: Operator, day: str) -> None:
        moment = at(day, 10.5) + self.rng.randrange(4 * HOUR)
        lot = self._from_stock(operator, moment)
        if lot is None:
            return
        data: dict[str, Any] = {"operator": operator.id, "lot": lot, "buyer": shop.name, "quantity": self._boxes()}
        self.book.write(SCAN, "goods.dispatched", moment, data)
        moment += HOUR + self.rng.randrange(90 * MINUTE)
        data = {"operator": shop.id, "lot": lot, "supplier": operator.name, "quantity": data["quantity"]}
        self.book.write(SCAN, "goods.received", moment, data)
        self._gains(shop, lot, moment, day)

    def _trade(self, operator: Operator, day: str) -> None:
        begins = at(day, 13 if operator.since == day else FIRST_GOODS)
        if not self.stock.get(operator.id) or self.rng.random() < 0.2:
            moment, lot = begins + self.rng.randrange(2 * HOUR), self.lot()
            data = {"operator": operator.id, "lot": lot, "supplier": "杭州勾庄果品批发市场", "quantity": self._boxes()}
            self.book.write(SCAN, "goods.received", moment, data)
            self._gains(operator, lot, moment, day)
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            moment = begins + 3 * HOUR + self.rng.randrange(8 * HOUR if operator.since != day else 2 * HOUR)
            if (sold := self._from_stock(operator, moment)) is not None:
                offline = self.rng.random() < 0.04
                delay = 5 * MINUTE + self.rng.randrange(35 * MINUTE) if offline else 2 * SECOND
                data = {"operator": operator.id, "lot": sold, "box": f"{sold}-{self.rng.randrange(200):03d}"}
                self.book.write(SCAN, "goods.sold", moment, data, delay=delay)

    def _gains(self, operator: Operator, lot: str, covered: int, day: str) -> None:
        self.stock.setdefault(operator.id, []).append((lot, covered))
        del self.stock[operator.id][:-5]
        self.heard[operator.id] = day

    def _from_stock(self, operator: Operator, moment: int) -> str | None:
        ripe = [lot for lot, covered in self.stock.get(operator.id, []) if covered + MATURING <= moment]
        if not ripe:
            return None
        self.heard[operator.id] = date_of(moment)
        return self.rng.choice(ripe)

    def _boxes(self) -> dict[str, Any]:
        return {"amount": float(self.rng.randrange(1, 40)), "unit": "box"}

    def _shoppers(self, day: str) -> None:
        """Look-ups; no rule reads them."""
        for lot in self._some_lots(round(len(self.district.operators) * 0.28)):
            moment = at(day, 8.5) + self.rng.randrange(12 * HOUR)
            kind = "purchase.registered" if self.rng.random() < 0.3 else "code.looked-up"
            self.book.write(SCAN, kind, moment, {"lot": lot})

    def _some_lots(self, count: int) -> Iterator[str]:
        for _ in range(count):
            yield f"ZJ22{self.rng.randrange(self.lots) + 1:06d}"

    def _patrols(self, day: str, dealing: list[Operator]) -> None:
        """Grid workers' rounds; no rule reads them either."""
        for operator in self.rng.sample(dealing, min(len(dealing), round(len(self.district.operators) * 0.1))):
            moment = at(day, 9) + self.rng.randrange(8 * HOUR)
            by = self.district.grid_worker_of(operator)
            self.book.write(FIELD, "patrol.recorded", moment, {"operator": operator.id, "by": by}, delay=20 * SECOND)


def beats(book: Book, still: Standstill | None, feed: str, step: int, first: int, last: int) -> None:
    """The feed says how far it has come, except while it stands still."""
    moment = first
    while moment <= last:
        if still is None or not still.begins <= moment <= still.caught_up:
            data = {"feed": feed, "complete_until": format_instant(moment)}
            book.write(CHAIN, "feed.advanced", moment, data, delay=SECOND)
        moment += step
