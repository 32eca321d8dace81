"""Metrics in the house: each one defined is moved by something, each name, type and help stands in one module only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams import metrics
from tests.house.tree import PRODUCT, python, source

OURS = [name for name, one in vars(metrics).items() if isinstance(one, metrics._Closed)]
ELSEWHERE = [path for path in python(*PRODUCT) if str(path) != "streams/metrics.py"]


@pytest.mark.parametrize("name", OURS)
def test_each_metric_is_moved_by_something(name):
    within = re.findall(rf"\b{name}\b", source(Path("streams/metrics.py")))
    used = [path for path in ELSEWHERE if re.search(rf"\bmetrics\.{name}\b", source(path))]
    by_a_function_of_the_module = len(within) > 1 and name in ("CLOCK_HELD",)
    assert used or by_a_function_of_the_module


def test_no_metric_is_defined_elsewhere():
    maker = re.compile(r"^from prometheus_client import .*\b(Counter|Gauge|Histogram|Summary)\b", re.MULTILINE)
    assert [str(path) for path in ELSEWHERE if maker.search(source(path))] == []
