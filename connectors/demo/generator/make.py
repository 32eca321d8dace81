"""From a seed and a number of operators to a history and its truth. The same seed gives the same fortnight, always."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from connectors.demo.generator.accounts import Accounts
from connectors.demo.generator.book import CHAIN, DAYS, END, FEED, LAB, SCAN, STANDSTILL, Book, at
from connectors.demo.generator.district import District, Operator, build
from connectors.demo.generator.gaps import Gaps
from connectors.demo.generator.life import Life, beats
from connectors.demo.generator.registry import write_registry, write_tests
from connectors.demo.generator.story import positive_lot
from connectors.demo.history import Line
from connectors.demo.truth import Planted
from schemas.times import HOUR, MINUTE, SECOND

SEED = 330111
OPERATORS = 251
FEWEST = 30
"""With fewer operators there is no room for every kind of gap."""
BEAT = 10 * MINUTE
BUSY = 0.68
"""Tuned so that 251 operators and their staff give some 650 records a day."""


@dataclass(frozen=True, slots=True)
class Fortnight:
    """A history and its truth."""

    lines: list[Line]
    truth: list[Planted]
    refused: int  # lines that no intake may accept
    repeated: int  # lines sent twice


def generate(seed: int = SEED, operators: int = OPERATORS, *, standstill: bool = True) -> Fortnight:
    """A fortnight of Fuyang. ValueError for fewer operators than there is room in.

    `standstill` False: the province's feed never stops; the truth is the same but for some instants of day 11.
    """
    if operators < FEWEST:
        raise ValueError(f"at least {FEWEST} operators, so that every kind of gap has room")
    rng = Random(f"{seed}/{operators}")
    district = build(rng, operators)
    book = Book(STANDSTILL if standstill else None)
    accounts = Accounts(book, rng, district)
    _stories(accounts, rng, district)
    registered = write_registry(book, rng, district)
    _accounts(accounts, district, registered)
    for number in range(max(2, _share(operators, 6))):
        accounts.unknown(number)
    _plant(Gaps(book, rng, district), operators)
    _overdue(accounts, rng, district, operators)
    Life(book, rng, district, BUSY).live()
    write_tests(book, rng, district)
    beats(book, book.standstill, FEED, BEAT, at(DAYS[0], 4.5), END)
    refused, repeated = _noise(book, rng, district, operators)
    truth = sorted(book.truth, key=lambda planted: (planted.begins, planted.kind, planted.operator, planted.subject))
    return Fortnight(book.sorted_lines(), truth, refused, repeated)


def _share(operators: int, of_whole: int) -> int:
    """So many for the whole district, fewer for a part of it, one at least."""
    return max(1, round(of_whole * operators / OPERATORS))


def _stories(accounts: Accounts, rng: Random, district: District) -> None:
    """Operators with a fortnight unlike the others'; decided first, because the rest keeps clear of them."""
    accounts.close_days()
    positive_lot(accounts.book, district)
    size = len(district.operators)
    for operator in rng.sample([o for o in district.dealing() if not o.imports], _share(size, 9)):
        accounts.silent(operator)
    free = rng.sample([o for o in district.dealing() if not o.imports], 2 * _share(size, 3))
    for operator in free[::2]:
        accounts.newcomer(operator, DAYS[rng.randint(3, 8)])
    mover, *closers = free[1::2]
    for operator in closers:
        accounts.closing(operator, DAYS[rng.randint(5, 10)])
    grid = rng.choice([grid for grid in district.grids if grid.office != mover.grid.office])
    accounts.moving(mover, grid, DAYS[6])
    changers = [staff for staff in district.staff if staff.turn == 4 and len(staff.operators) == 1]
    shops = district.dealing()
    for staff in rng.sample([s for s in changers if _dealing(s.operators, shops)], _share(size, 3)):
        accounts.changes_shop(
            staff, rng.choice([o for o in shops if o.id not in staff.operators]), DAYS[rng.randint(2, 9)]
        )


def _dealing(names: list[str], operators: list[Operator]) -> bool:
    return set(names) <= {operator.id for operator in operators}


def _accounts(accounts: Accounts, district: District, registered: dict[str, int]) -> None:
    """Accounts not yet in use at first: some stay so too long."""
    waiting = [operator for operator in district.operators if not operator.activated]
    late = _share(len(district.operators), 6)
    for number, operator in enumerate(waiting):
        if number < late:
            accounts.not_activated(operator, registered[operator.id])
        else:
            accounts.activated_in_time(operator, registered[operator.id])


def _plant(gaps: Gaps, operators: int) -> None:
    """How many of each for the whole district: some one shop in ten at any time, as on a real round."""
    taken: set[tuple[str, str]] = set()
    for _ in range(_share(operators, 40)):
        gaps.uncoded(taken)
    for number in range(_share(operators, 55)):
        gaps.papers(reopened=number % 20 == 0)
    for _ in range(_share(operators, 22)):
        gaps.off_chain()
    for _ in range(_share(operators, 18)):
        gaps.early()
    for _ in range(_share(operators, 9)):
        gaps.early_without_papers()
    for _ in range(_share(operators, 45)):
        gaps.undisinfected()


def _overdue(accounts: Accounts, rng: Random, district: District, operators: int) -> None:
    shops = district.dealing()
    candidates = [staff for staff in district.staff if not staff.changes and _dealing(staff.operators, shops)]
    rng.shuffle(candidates)
    left = _share(operators, 60)
    for staff in candidates:
        if left and accounts.overdue(staff):
            left -= 1


def _noise(book: Book, rng: Random, district: District, operators: int) -> tuple[int, int]:
    """What every upstream sends too: records that can't be used, and records sent twice."""
    before = len(book.lines)
    for number, day in enumerate(DAYS):
        moment, name = at(day, 10) + rng.randrange(6 * HOUR), rng.choice(district.operators).id
        match number % 4:
            case 0:
                book.write(SCAN, "goods.teleported", moment, {"operator": name, "lot": "ZJ22X00001"})
            case 1:
                book.write(
                    CHAIN,
                    "lot.uploaded",
                    moment,
                    {"operator": name, "lot": "ZJ22X00002", "goods": "手表", "papers": []},
                )
            case 2:
                book.write(
                    LAB, "sample.tested", moment, {"sample": "X", "on": "surface", "operator": name, "result": 1}
                )
            case _:
                book.write(SCAN, "goods.sold", moment + 72 * HOUR, {"operator": name}, delay=-72 * HOUR)
    refused = len([line for line in book.lines[before:] if line.recorded < END])
    sent = [line for line in book.lines[:before] if line.event["type"] != "feed.advanced"]
    again = rng.sample(sent, min(len(sent), _share(operators, 60)))
    for line in again:
        book.lines.append(Line(line.recorded + SECOND + rng.randrange(20 * MINUTE), line.topic, line.event))
    repeated = len([line for line in book.lines[-len(again) :] if line.recorded < END])
    return refused, repeated
