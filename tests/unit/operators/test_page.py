"""`docs/rules.md` is what the rules say, and names every kind and every parameter."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from schemas.alerts import ABSENCE, Kind
from streams.kinds import DAY_PARAMETERS, PARAMETERS
from streams.operators.rules.page import ABOUT, AT_ONCE, page
from streams.parameters import NAMES
from tests.unit.operators.builders import RULES

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_page_is_made_from_the_rules_as_they_are():
    assert PAGE.read_text(encoding="utf-8") == page(RULES), (
        "run: python -m streams.operators.rules.page > docs/rules.md"
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_section_with_the_words_of_its_rule(kind):
    section = page(RULES).split(f"## {kind}\n")[1].split("\n## ")[0]
    assert inspect.getdoc(ABOUT[kind][0]) in section


def test_every_parameter_stands_somewhere():
    assert [name for name in NAMES if f"| `{name}` |" not in page(RULES)] == []


def test_what_is_told_at_once_is_what_is_there():
    assert frozenset(Kind) - ABSENCE == AT_ONCE


def test_a_kind_goes_by_parameters_that_exist():
    named = {name for table in (PARAMETERS, DAY_PARAMETERS) for names in table.values() for name in names}
    assert named == set(NAMES)
