"""Words that must not be in the tree: work put off, tests that don't count, errors swallowed, one machine's places."""

from __future__ import annotations

import ast
import re

import pytest

from schemas.alerts import Kind
from streams.sentences import NAMES
from tests.house.tree import PRODUCT, ROOT, files, python, source

TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".sh", ".cfg", ".txt", ".lock", ".css", ".js", ".html", ""}
SELF = "tests/house/test_words.py"
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK|xfail|importorskip)\b|mark\.skip|pytest\.skip|unittest\.skip")
MACHINE = re.compile(r"(?<![\w./:-])/(?:work|root|home|Users)/\w")
INDEX = re.compile(
    r"--(?:extra-)?index-url\s+\S|--find-links\s+\S|--trusted-host\s+\S|/simple/?\b.*\bhttps?:", re.IGNORECASE
)
PURE = ("intake", "operators", "staff", "routing", "delivery")


def texts():
    return [path for path in files() if path.suffix in TEXT and str(path) != SELF and path.name != "LICENSE"]


def test_nothing_is_put_off_and_nothing_names_a_machine_or_an_index():
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(source(path).splitlines(), 1)
        if any(what.search(line) for what in (LATER, MACHINE, INDEX))
    ]
    assert found == []


def is_silent(node: ast.ExceptHandler) -> bool:
    only = node.body[0] if len(node.body) == 1 else None
    return isinstance(only, ast.Pass) or (
        isinstance(only, ast.Expr) and isinstance(only.value, ast.Constant) and only.value.value is ...
    )


def test_no_exception_is_swallowed_what_is_expected_is_said_with_suppress_and_a_reason():
    found = [
        f"{path}:{node.lineno}"
        for path in python(*PRODUCT, "tests", "bench")
        for node in ast.walk(ast.parse(source(path)))
        if isinstance(node, ast.ExceptHandler) and is_silent(node)
    ]
    assert found == []


def test_nothing_is_called_utils():
    vague = {"utils", "util", "helpers", "misc", "common"}
    assert [path for path in python(*PRODUCT) if vague & {*path.parts, path.stem}] == []


def is_pure(path) -> bool:
    rules = path.parts[:1] == ("streams",) and len(path.parts) > 2 and path.parts[1] in PURE and path.stem != "agent"
    return (
        rules or path.parts[:2] == ("streams", "replay") or str(path) in {"streams/clock/rules.py", "streams/rows.py"}
    )


def test_rules_know_no_clock_and_no_chance():
    forbidden = re.compile(
        r"datetime\.now|\.utcnow|date\.today|time\.time|monotonic|perf_counter|uuid4|\brandom\.|os\.environ|\bprint\("
    )
    pure = [path for path in python("streams") if is_pure(path)]
    assert pure
    found = [(path, line) for path in pure for line in source(path).splitlines() if forbidden.search(line)]
    assert found == []


def test_one_word_for_one_thing_no_function_of_ours_calls_an_employee_a_worker():
    """Staff are employees, a worker is a process, a grid worker a role (the field's own words)."""
    wrong = re.compile(r"\b(staff_worker|employee|worker_test|workers_of_operator)\b")
    assert [f"{path}" for path in python(*PRODUCT) if wrong.search(source(path))] == []


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_called_the_same_in_the_readme_as_in_alerts_and_messages(kind):
    assert f"| {NAMES[kind]} `{kind}`" in source(ROOT / "README.zh-CN.md")
