"""Gaps of whole businesses and of their staff: silent, overdue tests, accounts, operators nobody registered."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from connectors.demo.generator.book import DAYS, FIELD, REGISTRY, SCAN, Book, at
from connectors.demo.generator.district import District, Grid, Operator, Staff
from connectors.demo.generator.registry import ROUND, enrol, registration, tested
from schemas.alerts import Kind
from schemas.times import DAY, HOUR, MINUTE, SECOND

CUTOFF = 20
SILENT_AFTER = 3
DIGESTED = 26 * HOUR
"""What is only told in a daily digest lasts until there has been one: what ended before is told to nobody."""


@dataclass(slots=True)
class Accounts:
    """Plants them; most must be decided before the ordinary days are written."""

    book: Book
    rng: Random
    district: District

    def close_days(self) -> None:
        """Every third shop closes for a day or two, and declares it."""
        for operator in self.district.dealing():
            if not operator.imports and self.rng.random() < 0.35:
                first = self.rng.randint(1, 12)
                operator.closed = set(DAYS[first : first + self.rng.choice((1, 1, 2))])

    def silent(self, operator: Operator) -> None:
        """A shop is heard of on one day, and then not for three; most speak again."""
        last = self.rng.randint(2, 7)
        operator.special, operator.closed = True, set()
        resumes = last + SILENT_AFTER + 1 + self.rng.randrange(2) if self.rng.random() < 0.7 else len(DAYS)
        operator.quiet = set(DAYS[last + 1 : resumes + 1])
        goods = {"operator": operator.id, "lot": f"ZJ22S{operator.id[2:]}", "supplier": "杭州勾庄果品批发市场"}
        self.book.write(SCAN, "goods.received", at(DAYS[last], 15), goods)
        ends = None
        if resumes < len(DAYS):
            again = at(DAYS[resumes], 14.5) + self.rng.randrange(HOUR)  # it has been in a digest by then
            ends = self.book.write(SCAN, "goods.received", again, {**goods, "lot": f"ZJ22T{operator.id[2:]}"}).recorded
        begins = at(DAYS[last + SILENT_AFTER], CUTOFF)
        self.book.plant(Kind.SILENT, operator.id, operator.id, begins, ends, "no word for three days nobody declared")

    def overdue(self, staff: Staff) -> bool:
        """Leave one of somebody's tests out; False if this one has none to leave out."""
        turns = [number for number in (1 + staff.turn, 1 + staff.turn + ROUND) if 1 <= number <= 12]
        if staff.skips or not turns:
            return False
        number = self.rng.choice(turns)
        made_up = number + self.rng.choice((1, 1, 2, 3)) if self.rng.random() < 0.8 else len(DAYS)
        ends = None
        staff.skips.add(DAYS[number])
        if made_up < len(DAYS):
            ends = tested(self.book, self.rng, staff, DAYS[made_up])
            following = made_up + ROUND
            if following < len(DAYS):
                tested(self.book, self.rng, staff, DAYS[following])
        for operator in staff.operators:
            begins = at(DAYS[number], CUTOFF)
            self.book.plant(Kind.TEST_OVERDUE, operator, staff.id, begins, ends, "left out of the round")
        return True

    def not_activated(self, operator: Operator, recorded: int) -> None:
        """An account that nobody activates within a day."""
        begins, ends = recorded + DAY, None
        if self.rng.random() < 0.6:
            moment = self.book.not_before(begins) + DIGESTED + self.rng.randrange(3 * DAY)
            ends = self.book.write(REGISTRY, "account.activated", moment, {"operator": operator.id}).recorded
        self.book.plant(Kind.NOT_ACTIVATED, operator.id, operator.id, begins, ends, "account never used in a day")

    def activated_in_time(self, operator: Operator, recorded: int) -> None:
        """An account that is activated within the day: no gap."""
        moment = recorded + 3 * HOUR + self.rng.randrange(17 * HOUR)
        self.book.write(REGISTRY, "account.activated", moment, {"operator": operator.id})

    def unknown(self, number: int) -> None:
        """Records name a business that nobody registered; some are registered later."""
        grid = self.rng.choice(self.district.grids)
        stranger = Operator(
            f"FY9{number:03d}", f"{grid.town_name[:2]}流动摊", f"1380579{number:04d}", grid, False, False
        )
        moment = at(DAYS[self.rng.randint(1, 11)], 9) + self.rng.randrange(7 * HOUR)
        if number % 2:
            goods = {"operator": stranger.id, "lot": f"ZJ22U{number:05d}", "supplier": "路边批发"}
            line = self.book.write(SCAN, "goods.received", moment, goods)
        else:
            seen = {
                "operator": stranger.id,
                "by": f"GW-{grid.code}",
                "findings": [{"kind": "unlicensed", "note": "无证流动经营"}],
            }
            line = self.book.write(FIELD, "patrol.recorded", moment, seen)
        begins, ends = line.recorded + 10 * MINUTE, None
        if self.rng.random() < 0.6:
            moment = self.book.not_before(begins) + DIGESTED + self.rng.randrange(2 * DAY)
            ends = self.book.write(REGISTRY, "operator.registered", moment, registration(stranger)).recorded
        self.book.plant(Kind.UNKNOWN_OPERATOR, stranger.id, stranger.id, begins, ends, "in records, in no register")

    def newcomer(self, operator: Operator, day: str) -> None:
        """Opens in the middle: registered in the morning, its staff enrolled and tested the same day."""
        operator.since, operator.imports = day, False
        self.book.write(REGISTRY, "operator.registered", at(day, 9), registration(operator))
        for number, staff in enumerate(operator.staff):
            enrol(self.book, staff, operator.id, at(day, 9.2) + number * SECOND)

    def closing(self, operator: Operator, day: str) -> None:
        """Closes down for good; what it owed from then on is owed no longer."""
        operator.until = day
        moment = at(day, 7)
        self.book.write(REGISTRY, "operator.registered", moment, registration(operator, status="closed", trades=False))

    def moving(self, operator: Operator, grid: Grid, day: str) -> None:
        """Moves to another grid, perhaps of another office."""
        operator.special = True
        place = {"town": grid.town, "grid": grid.code, "office": grid.office}
        self.book.write(REGISTRY, "operator.registered", at(day, 7), registration(operator, **place))

    def changes_shop(self, staff: Staff, other: Operator, day: str) -> None:
        """Leaves one shop in the morning and begins in another."""
        staff.changes, first = True, staff.operators[0]
        self.book.write(REGISTRY, "staff.left", at(day, 7), {"operator": first, "staff": staff.id})
        enrol(self.book, staff, other.id, at(day, 8))
