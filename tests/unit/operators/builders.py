"""Facts in one line each, for tables: Beijing times as text, everything else with a default that is in order."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson
import yaml

from schemas.envelope import Record, read
from schemas.times import format_instant, parse_instant
from streams.facts import Fact
from streams.operators.model import Brought, Day, Lot, Paper, Profile, Registration, Scan, Staff, Test
from streams.operators.rules.account import Account
from streams.parameters import Rules
from streams.standing import Case

RULES = Rules.load()
ALL = ("quarantine", "test", "disinfection")
PLACE = {"county": "330111", "town": "330111001", "grid": "330111001003", "office": "330111-S01"}


def ruled(**values: dict[str, str]) -> Rules:
    """The rules with other values of some parameters: `day_kept={"2020-11-01": "7d", "2022-01-12": "none"}`."""
    tree = yaml.load(files("streams").joinpath("rules.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506
    for name, dated in values.items():
        tree["parameters"][name] = [{"from": day, "value": value, "basis": "b"} for day, value in dated.items()]
    return Rules(type(RULES.content).model_validate(tree))


def at(text: str) -> int:
    """`2022-01-10 09:00`, with seconds if they matter: the instant, of Beijing's clock."""
    return parse_instant(f"{text.replace(' ', 'T')}{':00' if text.count(':') == 1 else ''}+08:00")


def utc(text: str) -> str:
    """The same instant as `detail` says it."""
    return format_instant(at(text))


def _base(kind: str, time: str, recorded: str | None, identity: str) -> tuple[str, str, str, int, int]:
    return "/s", identity, kind, at(time), at(recorded or time)


def fact(kind: str, time: str, recorded: str | None = None, identity: str = "r") -> Fact:
    return Fact(*_base(kind, time, recorded, identity))


def paper(kind: str, expires_on: str = "") -> Paper:
    return Paper(kind, expires_on)


def uploaded(
    time: str,
    *papers: str | Paper,
    recorded: str | None = None,
    goods: str = "fruit",
    code: bool = True,
    identity: str = "up",
) -> Brought:
    return Brought(*_base("lot.uploaded", time, recorded, identity), goods, _papers(papers), code)


def added(
    time: str, *papers: str | Paper, recorded: str | None = None, code: bool = False, identity: str = "added"
) -> Brought:
    return Brought(*_base("papers.added", time, recorded, identity), "", _papers(papers), code)


def _papers(papers: tuple[str | Paper, ...]) -> tuple[Paper, ...]:
    return tuple(item if isinstance(item, Paper) else Paper(item, "") for item in papers)


def sold(time: str, recorded: str | None = None, identity: str = "sold") -> Scan:
    return Scan(*_base("goods.sold", time, recorded, identity))


def dispatched(time: str, recorded: str | None = None, identity: str = "out") -> Scan:
    return Scan(*_base("goods.dispatched", time, recorded, identity))


def received(time: str, recorded: str | None = None, *, supplied: bool = True, identity: str = "in") -> Scan:
    return Scan(*_base("goods.received", time, recorded, identity), supplied)


def lot(*facts: Brought | Scan) -> Lot:
    brought = tuple(item for item in facts if isinstance(item, Brought))
    return Lot(brought, tuple(item for item in facts if isinstance(item, Scan)))


def day(uncoded: tuple[Scan, ...] = (), disinfected: tuple[Fact, ...] = (), declared: tuple[Fact, ...] = ()) -> Day:
    return Day(uncoded, disinfected, declared)


def registered(time: str, recorded: str | None = None, *, identity: str = "reg", **changes: Any) -> Registration:
    said = {"name": "鲜果园", **PLACE, "activated": True, "trades": True, "status": "active", **changes}
    return Registration(*_base("operator.registered", time, recorded, identity), **said)


def account(now: str, *facts: Registration | Fact) -> Account:
    registrations = tuple(item for item in facts if isinstance(item, Registration))
    activations = tuple(item for item in facts if not isinstance(item, Registration))
    return Account(Profile(registrations, activations), at(now))


def sampled(
    time: str, result: str, recorded: str | None = None, *, on: str = "goods", lot: str = "L1", identity: str = "t"
) -> Test:
    return Test(*_base("sample.tested", time, recorded, identity), on, lot, result, "sars-cov-2")


def enrolled(time: str, recorded: str | None = None, identity: str = "e") -> Fact:
    return fact("staff.enrolled", time, recorded, identity)


def left(time: str, recorded: str | None = None, identity: str = "l") -> Fact:
    return fact("staff.left", time, recorded, identity)


def staff(*facts: Fact, last: str | None = None) -> Staff:
    return Staff(
        tuple(item for item in facts if item.type == "staff.enrolled"),
        tuple(item for item in facts if item.type == "staff.left"),
        fact("sample.tested", last) if last else None,
    )


def closed(time: str, recorded: str | None = None, identity: str = "close") -> Fact:
    return fact("alert.handled", time, recorded, identity)


def told(case: Case | None) -> dict[str, Any] | None:
    """`detail` of what would stand."""
    return dict(case.detail) if case else None


def line(kind: str, data: dict[str, Any], time: str, recorded: str | None = None, **more: Any) -> bytes:
    """A structured CloudEvent, as a line of a history has it. `id` and `source` may be given."""
    event = {
        "specversion": "1.0",
        "id": more.pop("id", "r"),
        "source": more.pop("source", "/s"),
        "type": kind,
        "time": format_instant(at(time)),
        "recordedtime": format_instant(at(recorded or time)),
        "data": data,
        **more,
    }
    return orjson.dumps(event)


def record(kind: str, data: dict[str, Any], time: str, recorded: str | None = None, **more: Any) -> Record:
    """The same, read as intake reads it."""
    value = line(kind, data, time, recorded, **more)
    return read(value, {}, recorded=at(recorded or time), goods=RULES.goods_classes)
