"""Gaps of goods and papers, each with a lot of its own, written into the book beside the ordinary days."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from connectors.demo.generator.book import CHAIN, DAYS, END, SCAN, Book, at
from connectors.demo.generator.district import District, Operator
from connectors.demo.generator.life import FROZEN, GOODS, upload
from schemas.alerts import Kind
from schemas.times import DAY, HOUR, MINUTE, SECOND, day_after, start_of

PAPERS_WITHIN = 30 * SECOND
SETTLE = 10 * MINUTE
UPLOAD_WITHIN = 24 * HOUR
DAY_KEPT = 7


@dataclass(slots=True)
class Gaps:
    """Plants gaps; every method plants one and says why in the truth."""

    book: Book
    rng: Random
    district: District
    lots: int = 0

    def lot(self) -> str:
        """A lot that only this gap is about."""
        self.lots += 1
        return f"ZJ22G{self.lots:05d}"

    def pick(self, first: int = 1, last: int = 11) -> tuple[Operator, str]:
        """An operator that deals throughout, and one of its open days (numbers of days, from 0)."""
        candidates = self.district.dealing()
        while True:
            operator, day = self.rng.choice(candidates), DAYS[self.rng.randint(first, last)]
            if day not in operator.closed | operator.quiet:
                return operator, day

    def moment(self, day: str, first: float = 9, last: float = 16) -> int:
        """Some time of day."""
        return at(day, first) + self.rng.randrange(int((last - first) * HOUR))

    def later(self, begins: int, most: int) -> int:
        """When something that lasts long enough to be told ends."""
        return self.book.not_before(begins) + self.rng.randrange(most)

    def uncoded(self, taken: set[tuple[str, str]]) -> None:
        """Goods without any code: sold or received; told at once."""
        operator, day = self.pick(1, 12)
        if (operator.id, day) in taken:
            return self.uncoded(taken)
        taken.add((operator.id, day))
        first = self.book.write(
            SCAN, self.rng.choice(("goods.sold", "goods.dispatched")), self.moment(day), {"operator": operator.id}
        )
        dice, kind = self.rng.random(), Kind.UNCODED_GOODS
        if dice < 0.25:  # more of it: the same alert, revised
            self.book.write(SCAN, "goods.received", first.recorded + HOUR, {"operator": operator.id, "box": " "})
        if 0.25 <= dice < 0.4:
            ends: int | None = self.book.void(first, self.later(first.recorded, 2 * HOUR)).recorded
            why = "sold without a code; entered by mistake and voided"
        elif dice < 0.85 or DAYS.index(day) in (6, 7):
            by = self.district.officer_of(operator)
            ends = self.book.close(kind, operator.id, day, by, self.later(first.recorded, 20 * HOUR)).recorded
            why = "goods without a code; an officer dealt with it"
        else:
            ends = start_of(day) + (1 + DAY_KEPT) * DAY
            why = "goods without a code; nobody did anything about it"
        self.book.plant(kind, operator.id, day, first.recorded, ends, why)
        return None

    def papers(self, *, reopened: bool = False) -> None:
        """An upload with something missing, which comes later, in parts, or never."""
        operator, day = self.pick()
        lot, goods = self.lot(), self.rng.choice(list(GOODS))
        data = upload(operator, lot, goods, self.rng.choice(GOODS[goods]), day)
        later = self._spoil(data, day)
        line = self.book.write(CHAIN, "lot.uploaded", self.moment(day), data)
        begins = line.recorded + PAPERS_WITHIN
        why = f"uploaded without what counts: {', '.join(later['missing'])}"
        dice = self.rng.random()
        if reopened or dice < 0.75:
            moment = self.later(begins, 40 * HOUR)
            if not reopened and dice < 0.2 and len(later["papers"]) > 1:  # bit by bit
                part = {"operator": operator.id, "lot": lot, "papers": later["papers"][:1]}
                self.book.write(CHAIN, "papers.added", moment, part)
                moment = self.later(moment, 12 * HOUR)
            ends = self._bring(operator, lot, later, moment, begins, why, reopened=reopened)
        else:
            ends = None
            self.book.plant(Kind.PAPERS_MISSING, operator.id, lot, begins, ends, why)

    def _bring(
        self, operator: Operator, lot: str, later: dict[str, Any], moment: int, begins: int, why: str, *, reopened: bool
    ) -> int:
        """What was missing comes; if `reopened`, it is voided again and comes once more."""
        data = {"operator": operator.id, "lot": lot, "papers": later["papers"], "trace_code": f"33{lot}"}
        fixed = self.book.write(CHAIN, "papers.added", moment, data)
        self.book.plant(Kind.PAPERS_MISSING, operator.id, lot, begins, fixed.recorded, why)
        if not reopened or fixed.recorded > END - 12 * HOUR:
            return fixed.recorded
        voided = self.book.void(fixed, self.later(fixed.recorded, HOUR))
        again = self.book.write(CHAIN, "papers.added", self.later(voided.recorded, 20 * HOUR), data)
        why = "the papers that had come were another lot's and were voided"
        self.book.plant(Kind.PAPERS_MISSING, operator.id, lot, voided.recorded, again.recorded, why)
        return again.recorded

    def _spoil(self, data: dict[str, Any], day: str) -> dict[str, Any]:
        """Take something away from a complete upload; returns what must be brought and what is missing."""
        papers: list[dict[str, Any]] = data["papers"]
        missing = []
        bring = []
        for paper in self.rng.sample(papers, self.rng.randint(1, len(papers))):
            missing.append(str(paper["kind"]))
            bring.append(dict(paper))
            how = self.rng.randrange(4)
            if how == 0:
                papers.remove(paper)
            elif how == 1:
                paper["number"] = "  "
            elif how == 2:
                paper["expires_on"] = day_after(day, -1)
            else:
                paper["issued_on"] = day_after(day)
        if self.rng.random() < 0.25:
            data["trace_code"] = ""
            missing.append("trace-code")
        return {"papers": bring, "missing": sorted(missing)}

    def off_chain(self) -> None:
        """Received without a supplier and uploaded late, or never."""
        operator, day = self.pick()
        lot, moment = self.lot(), self.moment(day, 8.5, 17)
        self.book.write(SCAN, "goods.received", moment, {"operator": operator.id, "lot": lot, "supplier": ""})
        begins, ends = moment + UPLOAD_WITHIN, None
        if self.rng.random() < 0.7:
            ends = self._upload(operator, lot, self.later(begins, 30 * HOUR))
        self.book.plant(Kind.NOT_ON_CHAIN, operator.id, lot, begins, ends, "received from nobody named, not uploaded")

    def early(self) -> None:
        """Sold before it was uploaded; the upload comes the same day and does not undo it."""
        operator, day = self.pick(1, 12)
        lot, moment = self.lot(), self.moment(day, 9, 15)
        sold = self.book.write(SCAN, "goods.sold", moment, {"operator": operator.id, "lot": lot})
        self._upload(operator, lot, self.later(sold.recorded, 5 * HOUR))
        self._plant_early(operator, lot, sold.recorded, "sold before it was uploaded")

    def early_without_papers(self) -> None:
        """Uploaded without papers and sold all the same: two gaps of one lot."""
        operator, day = self.pick()
        lot, goods = self.lot(), self.rng.choice(FROZEN)
        data = upload(operator, lot, goods, self.rng.choice(GOODS[goods]), day)
        later = self._spoil(data, day)
        moment = self.moment(day, 9, 14)
        line = self.book.write(CHAIN, "lot.uploaded", moment, data)
        sold = self.book.write(SCAN, "goods.sold", moment + HOUR, {"operator": operator.id, "lot": lot})
        begins, why = line.recorded + PAPERS_WITHIN, "uploaded without papers, and sold"
        self._bring(
            operator, lot, later, self.later(max(begins, sold.recorded), 20 * HOUR), begins, why, reopened=False
        )
        self._plant_early(operator, lot, sold.recorded, "sold while papers were missing")

    def _plant_early(self, operator: Operator, lot: str, sold: int, why: str) -> None:
        begins, ends = sold + SETTLE, None
        if self.rng.random() < 0.7:
            by, moment = self.district.officer_of(operator), self.later(begins, 30 * HOUR)
            ends = self.book.close(Kind.SOLD_EARLY, operator.id, lot, by, moment).recorded
        self.book.plant(Kind.SOLD_EARLY, operator.id, lot, begins, ends, why)

    def _upload(self, operator: Operator, lot: str, moment: int) -> int:
        goods = self.rng.choice(list(GOODS))
        data = upload(operator, lot, goods, self.rng.choice(GOODS[goods]), DAYS[0])
        return self.book.write(CHAIN, "lot.uploaded", moment, data).recorded

    def undisinfected(self) -> None:
        """A day's disinfection that is not written down, or much too late."""
        operator, day = self.pick(1, 12)
        if day in operator.undisinfected:
            return self.undisinfected()
        operator.undisinfected.add(day)
        begins = at(day_after(day), 9)
        if self.rng.random() < 0.65 or DAYS.index(day) in (6, 7):
            recorded = self.later(begins, 20 * HOUR)
            done = at(day, 19) + self.rng.randrange(HOUR)
            data = {"operator": operator.id, "scope": "premises"}
            ends = self.book.write(CHAIN, "disinfection.recorded", done, data, delay=recorded - done).recorded
            why = "disinfection written down only after nine the next morning"
        else:
            ends, why = start_of(day) + (1 + DAY_KEPT) * DAY, "no disinfection that day"
        self.book.plant(Kind.DISINFECTION_MISSING, operator.id, day, begins, ends, why)
        return None
