"""How the tests are shared between two processes: whole files, what takes long first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.sharing import LONGEST, ByFile, length

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scheduler(pytestconfig) -> ByFile:
    option = SimpleNamespace(loadscopereorder=True, maxprocesses=2, tx=["2*popen"], numprocesses=2)
    config = SimpleNamespace(option=option, getvalue=lambda name: ["popen", "popen"])
    made = object.__new__(ByFile)
    made.config = config
    return made


def test_a_file_stays_together(scheduler):
    assert scheduler._split_scope("tests/unit/clock/test_port.py::test_a[b::c]") == "tests/unit/clock/test_port.py"


def test_what_takes_long_begins_first_and_the_rest_keeps_its_order():
    names = ["tests/unit/a.py::x", "tests/properties/p.py::x", "tests/unit/b.py::x", "tests/faults/f.py::x"]
    items = [SimpleNamespace(nodeid=name) for name in names]
    items.sort(key=length)
    assert [item.nodeid for item in items] == [names[3], names[1], names[0], names[2]]


def test_what_is_said_to_take_long_exists():
    assert [path for path in LONGEST if not (ROOT / path).exists()] == []
