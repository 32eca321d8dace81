"""How the tests are shared between two processes: whole files, three brokers in one place, what takes long first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.sharing import LONGEST, TOGETHER, ByFile, length

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scheduler(pytestconfig) -> ByFile:
    option = SimpleNamespace(loadscopereorder=True, maxprocesses=2, tx=["2*popen"], numprocesses=2)
    config = SimpleNamespace(option=option, getvalue=lambda name: ["popen", "popen"])
    made = object.__new__(ByFile)
    made.config = config
    return made


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/unit/clock/test_port.py::test_a[b::c]", "tests/unit/clock/test_port.py"),
        ("tests/faults/test_faults.py::test_a", "tests/faults/"),
        ("tests/faults/test_ledger.py::test_a", "tests/faults/"),
    ],
)
def test_a_file_stays_together_and_so_does_the_folder_that_needs_three_brokers(scheduler, nodeid, scope):
    assert scheduler._split_scope(nodeid) == scope


def test_whoever_needs_three_brokers_is_in_one_place():
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if "kafka3" in path.read_text() and path != Path(__file__)
    ]
    assert [path for path in elsewhere if not path.startswith(TOGETHER)] == []


def test_what_takes_long_begins_first_and_the_rest_keeps_its_order():
    names = ["tests/unit/a.py::x", "tests/properties/p.py::x", "tests/unit/b.py::x", "tests/faults/f.py::x"]
    items = [SimpleNamespace(nodeid=name) for name in names]
    items.sort(key=length)
    assert [item.nodeid for item in items] == [names[3], names[1], names[0], names[2]]


def test_what_is_said_to_take_long_exists():
    assert [path for path in LONGEST if not (ROOT / path).exists()] == []
