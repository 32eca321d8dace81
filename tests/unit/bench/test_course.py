"""What came out of a contender is compared with what should have, however it stores its rows."""

from __future__ import annotations

import json

import pytest

from bench.peers import course
from bench.peers.course import Course
from bench.peers.job import Expected

ALERTS = [("B1", 1, 11), ("B2", 4, 44)]
ROWS = {"B1": (2, 22), "B2": (4, 44)}
ARRAY = b'1 -1 - ["%s",%d,0,%d,[]]'
OBJECT = b'{"operator":"%s","count":%d,"gaps":0,"chain":%d,"recent":[]}'


def said(alerts) -> list[tuple[bytes, bytes]]:
    return [(b"k", json.dumps({"operator": o, "count": n, "chain": c}).encode()) for o, n, c in alerts]


def stored(rows, form: bytes) -> list[tuple[bytes, bytes | None]]:
    """Each row twice, as a changelog has it, and what else may lie there."""
    lines: list = [(b"o", form % (name.encode(), n - 1, 0)) for name, (n, _) in rows.items()]
    lines += [(b"o", form % (name.encode(), n, c)) for name, (n, c) in rows.items()]
    return [*lines, (b"gone", None), (b"lianfang-position", b'{"next":7,"of":[]}')]


@pytest.fixture
def checked(monkeypatch):
    async def check(alerts, rows, form: bytes = OBJECT) -> str:
        lies = {"alerts": said(alerts), "rows": stored(rows, form)}

        async def everything(_: str, topic: str):
            for line in lies[topic]:
                yield line

        monkeypatch.setattr(course, "everything", everything)
        return await Course("", 1, 10, 2, Expected(dict(ROWS), set(ALERTS))).check("alerts", "rows")

    return check


@pytest.mark.parametrize("form", [ARRAY, OBJECT])
async def test_what_is_as_expected_is_right(checked, form):
    assert await checked(ALERTS, ROWS, form) == "right"


async def test_what_was_lost_doubled_or_made_up_is_said(checked):
    assert await checked(ALERTS[:1], ROWS) == "1 alerts lost"
    assert await checked([*ALERTS, ALERTS[0]], ROWS) == "1 alerts doubled"
    assert await checked([*ALERTS, ("B9", 1, 1)], ROWS) == "1 alerts that should not be"


async def test_a_row_that_missed_a_record_saw_them_in_another_order_or_is_not_there_is_wrong(checked):
    assert await checked(ALERTS, ROWS | {"B1": (1, 11)}) == "1 rows wrong"
    assert await checked(ALERTS, ROWS | {"B1": (2, 99)}) == "1 rows wrong"
    assert await checked(ALERTS, {"B2": ROWS["B2"]}) == "1 rows wrong"
