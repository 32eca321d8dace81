"""The form of the rows that stand in `routing-state` and the bridges' state: what an earlier release wrote is read.

A change that breaks this needs an upgrade in `streams.rows`, or every deployment loses whom it has told.
"""

from __future__ import annotations

from pathlib import Path

from connectors.bridges.model import FORMS as BRIDGE_FORMS
from connectors.bridges.model import Job, State, job_key
from schemas.alerts import Kind
from schemas.registry import ChannelKind, Role
from streams.routing.model import (
    FORMS,
    Area,
    Assignment,
    Case,
    Feed,
    Newcomer,
    Person,
    Stands,
    Told,
    Watched,
    Way,
    alert_key,
    area_key,
    feed_key,
    newcomer_key,
    person_key,
    stands_key,
)
from streams.rows import Row, Rows

GOLDEN = Path(__file__).parents[2] / "golden" / "rows"
CASE = Case(
    "a1", Kind.PAPERS_MISSING, "A", "L1", True, 2, 3, 1_641_355_200_000, 1_641_355_260_000, None,
    ("330111", "330111001", "330111001003", "330111-S01"), {"lot": "L1", "missing": ["test"]}, False, "富阳鲜果行",
)  # fmt: skip
ASSIGNED = Assignment(5, 6, "hr", "r1", False, False, Role.OWNER, ("owner:A",), (Way(ChannelKind.SMS, "13800000001"),))
ROUTING: dict[str, Row] = {
    person_key("p"): Person((ASSIGNED, Assignment(7, 8, "hr", "r2", left=True))),
    area_key("owner:A"): Area(("p",)),
    newcomer_key("p"): Newcomer(("owner:A",)),
    alert_key("a1"): Watched(CASE, (Told("p", Role.OWNER, 2, ("test",), True),), 2, True),
    stands_key("owner:A", "a1"): Stands(Kind.PAPERS_MISSING),
    feed_key("zhelian"): Feed(None, ("desk",), 2),
}
BRIDGE: dict[str, Row] = {
    job_key("n1"): Job(
        "n1", "p", "robot", True, False, 1, 2, 3, "{}", 2, State.SUBMITTED, 1, 2, True, 4, 5, "biz", False
    )
}


def check(name: str, forms: dict[str, type[Row]], wanted: dict[str, Row]) -> None:
    rows = Rows(forms)
    for line in (GOLDEN / f"{name}.txt").read_bytes().splitlines():
        key, value = line.split(b"\t", 1)
        rows.load(key.replace(b"|", b"\x1f"), value)
    assert {key: rows.get(key, Row) for key in rows.keys()} == wanted  # noqa: SIM118 - Rows is no mapping


def test_routing_reads_what_the_first_release_wrote() -> None:
    check("routing", FORMS, ROUTING)


def test_bridges_read_what_the_first_release_wrote() -> None:
    check("bridge", BRIDGE_FORMS, BRIDGE)
