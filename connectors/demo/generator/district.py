"""Who and where: towns, offices, grids, operators, staff and the people who are told. No records, no time of day."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from importlib import resources
from random import Random

COUNTY = "330111"
GRIDS_PER_TOWN = 3
STAFF_PER_OPERATOR = 597 / 251
TRADING_SHARE = 0.70
"""The rest have an account and do not trade in the goods; elsewhere in the province that is up to 45 %."""

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙朱高林何郭马罗梁宋郑谢韩唐冯于董萧程"
_GIVEN = [
    "建国",
    "秀英",
    "志强",
    "丽华",
    "海燕",
    "国平",
    "小芳",
    "永康",
    "春梅",
    "晓东",
    "雪琴",
    "文斌",
    "玉兰",
    "立新",
]
_BRANDS = ["鲜果园", "百果", "果然好", "江南", "富春江", "天天鲜", "甜又鲜", "四季", "好邻居", "龙门", "惠民", "金果子"]
_TRADES = ["水果店", "果品商行", "水果批发部", "生鲜超市", "冷链食品商行", "农贸市场摊位"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid and where it lies."""

    code: str
    town: str
    town_name: str
    office: str


@dataclass(slots=True)
class Staff:
    """Someone who works for one operator, or for two."""

    id: str
    name: str
    phone: str
    operators: list[str]
    changes: bool = field(default=False, kw_only=True)  # leaves for another shop in the middle
    turn: int  # 0 … 6: on which day of the round of seven this one is tested
    skips: set[str] = field(default_factory=set)  # days of tests left out; what follows them has been written


@dataclass(slots=True)
class Operator:
    """A business, with what was decided about its fortnight before any record of it is written."""

    id: str
    name: str
    phone: str
    grid: Grid
    trades: bool
    imports: bool  # puts lots on the chain and sends them to shops
    status: str = "active"
    activated: bool = True
    since: str = ""  # the Beijing day from which it is registered; "" from the first
    until: str = ""  # the Beijing day on which it closes down; "" stays
    staff: list[Staff] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # declared days
    quiet: set[str] = field(default_factory=set)  # days without a word that nobody declared
    undisinfected: set[str] = field(default_factory=set)
    special: bool = False  # has a story of its own, and no other gap


@dataclass(frozen=True, slots=True)
class Person:
    """Someone (or a group chat) who is told."""

    id: str
    name: str
    role: str
    channel: str
    address: str
    group: bool = False
    operators: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()


@dataclass(slots=True)
class District:
    """All of it."""

    grids: list[Grid]
    operators: list[Operator]
    staff: list[Staff]
    people: list[Person]

    def dealing(self) -> list[Operator]:
        """Operators that deal the whole fortnight and have no story of their own."""
        return [
            o for o in self.operators if o.trades and o.status == "active" and not (o.since or o.until or o.special)
        ]

    def officer_of(self, operator: Operator) -> str:
        """Somebody of the office that answers for an operator."""
        return next(p.id for p in self.people if p.role == "officer" and operator.grid.office in p.offices)

    def grid_worker_of(self, operator: Operator) -> str:
        """The grid worker of an operator's grid."""
        return next(p.id for p in self.people if p.role == "grid-worker" and operator.grid.code in p.grids)


def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("connectors.demo.generator").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def town_names() -> dict[str, str]:
    """Code → name of the 24 towns and streets."""
    return {row["code"]: row["name"] for row in _table("townships.csv")}


def office_names() -> dict[str, str]:
    """Code → name of the 13 offices."""
    return {row["code"]: row["name"] for row in _table("offices.csv")}


def build(rng: Random, operators: int) -> District:
    """A district with so many operators; towns, offices and grids are always the same."""
    names = town_names()
    office_of = {town: row["code"] for row in _table("offices.csv") for town in row["towns"].split()}
    grids = [
        Grid(f"{code}{number:03d}", code, name, office_of[code])
        for code, name in names.items()
        for number in range(1, GRIDS_PER_TOWN + 1)
    ]
    businesses = [_operator(rng, number, grids) for number in range(1, operators + 1)]
    for number, operator in enumerate(businesses):  # shares, not dice: a small district has all sorts too
        operator.trades = (number * 0.618) % 1 < TRADING_SHARE
        operator.imports = operator.trades and number % 7 == 0
    for operator in [operator for operator in businesses if not operator.trades][::5]:
        operator.activated = False
    staff = _staff(rng, businesses, round(operators * STAFF_PER_OPERATOR))
    return District(grids, businesses, staff, _people(rng, businesses, grids, list(office_names().items())))


def _operator(rng: Random, number: int, grids: list[Grid]) -> Operator:
    weights = [3.0 if "街道" in grid.town_name else 1.0 for grid in grids]
    grid = grids[number - 1] if number <= len(grids) else rng.choices(grids, weights)[0]
    name = f"{grid.town_name[:2]}{rng.choice(_BRANDS)}{rng.choice(_TRADES)}"
    return Operator(f"FY{number:04d}", name, f"1380571{number:04d}", grid, trades=True, imports=False)


def _name(rng: Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def _staff(rng: Random, operators: list[Operator], count: int) -> list[Staff]:
    """Everyone works where the goods are handled; one in forty in two shops."""
    employers = [operator for operator in operators if operator.trades]
    everyone = []
    for number in range(count):
        first = employers[number % len(employers)] if number < len(employers) else rng.choice(employers)
        staff = Staff(f"E{number + 1:05d}", _name(rng), f"1390571{number + 1:04d}", [first.id], number % 7)
        first.staff.append(staff)
        if number % 40 == 7:
            second = rng.choice([operator for operator in employers if operator is not first])
            staff.operators.append(second.id)
            second.staff.append(staff)
        everyone.append(staff)
    return everyone


def _people(rng: Random, operators: list[Operator], grids: list[Grid], offices: list[tuple[str, str]]) -> list[Person]:
    people = []
    pending = list(operators)
    while pending:  # one owner in sixteen has two businesses
        mine = [pending.pop(0)]
        if pending and rng.random() < 1 / 16:
            mine.append(pending.pop(0))
        owned = tuple(operator.id for operator in mine)
        people.append(Person(f"OW-{mine[0].id}", _name(rng), "owner", "sms", mine[0].phone, operators=owned))
    for number, (code, name) in enumerate(offices, 1):
        for second in (1, 2):
            key = f"robot-officer-{number:02d}-{second}"
            people.append(
                Person(f"OF-{number:02d}-{second}", _name(rng), "officer", "wecom-robot", key, offices=(code,))
            )
        if number % 4 == 1:
            key = f"robot-office-{number:02d}"
            people.append(
                Person(f"OG-{number:02d}", f"{name}群", "officer", "wecom-robot", key, group=True, offices=(code,))
            )
    remaining = list(grids)
    while remaining:  # one grid worker in ten looks after two grids
        areas = [remaining.pop(0)]
        if remaining and remaining[0].town == areas[0].town and rng.random() < 0.1:
            areas.append(remaining.pop(0))
        number = len(grids) - len(remaining)
        by_sms = number % 9 == 0
        people.append(
            Person(
                f"GW-{areas[0].code}",
                _name(rng),
                "grid-worker",
                "sms" if by_sms else "wecom-robot",
                f"1370571{number:04d}" if by_sms else f"robot-grid-{areas[0].code}",
                grids=tuple(area.code for area in areas),
            )
        )
    desk = {"role": "duty-desk", "counties": (COUNTY,)}
    people.append(Person("DD-1", _name(rng), channel="wecom-robot", address="robot-desk-1", **desk))  # type: ignore[arg-type]
    people.append(Person("DD-2", _name(rng), channel="sms", address="13605710002", **desk))  # type: ignore[arg-type]
    people.append(Person("DD-G", "区专班工作群", channel="wecom-robot", address="robot-desk-group", group=True, **desk))  # type: ignore[arg-type]
    return people
