"""Documents: every command, target, file and section they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.cli import COMMANDS
from streams.settings import Settings
from tests.house.tree import ROOT, command, files, python, source

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
FRONT = [path for path in DOCUMENTS if path.parts[0] in ("docs",) or len(path.parts) == 1]
TARGETS = set(re.findall(r"^([a-z]+):", source(ROOT / "Makefile"), re.MULTILINE))
NOT_SETTINGS = {"LIANFANG_SETTINGS", "LIANFANG_TEST_BOOTSTRAP", "LIANFANG_TEST_EXAMPLES"}


def code(path: Path) -> list[str]:
    """Lines of code and pieces in backquotes, comments cut off."""
    text = source(path)
    blocks = re.findall(r"^```(?:sh|console|bash)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE) + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    return [line.split(" #")[0].strip() for line in lines]


@pytest.mark.parametrize("path", FRONT, ids=str)
def test_each_lianfang_command_and_option_exists(path):
    for line in code(path):
        match = re.match(r"(?:\.venv/bin/)?lianfang ([a-z].*)", line)
        for one in re.split(r"[|;,]\s*lianfang |[|>&]", match[1]) if match else []:
            assert command(one.split()) is None, line


@pytest.mark.parametrize("path", FRONT, ids=str)
def test_each_make_target_exists(path):
    for line in code(path):
        match = re.match(r"make(?: ([a-z]+))?\b", line)
        assert not match or match[1] is None or match[1] in TARGETS, line


@pytest.mark.parametrize("path", FRONT, ids=str)
def test_each_setting_exists(path):
    for name in re.findall(r"\bLIANFANG_[A-Z_]*[A-Z]\b", source(path)):
        assert name in NOT_SETTINGS or name.removeprefix("LIANFANG_").lower() in Settings.model_fields, name


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_each_file_and_section_that_is_linked_exists(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", source(path)):
        if "://" in target:
            continue
        file, _, section = target.partition("#")
        there = (ROOT / path).parent / file if file else ROOT / path
        assert there.exists(), target
        if section:
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            assert section in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}, (
                target
            )


@pytest.mark.parametrize("path", FRONT, ids=str)
def test_each_path_in_backquotes_exists(path):
    for word in re.findall(r"`((?:schemas|streams|connectors|tests|docs|docker|bench)/[\w./-]*)`", source(path)):
        assert (ROOT / word).exists(), word


TESTS = {name for path in python("tests") for name in re.findall(r"def (test_\w+)", source(path))}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_each_test_that_is_named_exists(path):
    for name, cut in re.findall(r"(?<![\w./])(test(?:_[a-z0-9]+){4,}_?)(…?)", source(path)):
        assert name in TESTS or (cut and any(one.startswith(name) for one in TESTS)), name


def test_each_repair_that_the_documents_name_is_taken_out_by_a_test_and_each_is_named():
    removals = set(
        re.findall(r"^def ([a-z]\w+)", source(ROOT / "tests/integration/engine/breaking/removals.py"), re.MULTILINE)
    )
    table = re.findall(r"\|([^|\n]*)\|$", source(ROOT / "streams/engine/README.md"), re.MULTILINE)
    assert {name for cell in table for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", cell)} == removals
    promised = re.findall(r"test_repairs\.py` \(([^)]*)\)", source(ROOT / "docs/guarantees.md"))
    named = {name for cell in promised for name in re.findall(r"`(?!test_)(\w+)`", cell)}
    assert named
    assert named <= removals


def test_the_readme_shows_every_command_that_a_newcomer_needs():
    text = source(ROOT / "README.md")
    for name in (
        "make demo",
        "make test",
        *(f"lianfang {name}" for name in COMMANDS if name not in ("sandbox", "demo")),
    ):
        assert name in text, name


def test_both_readmes_name_each_other():
    assert "README.zh-CN.md" in source(ROOT / "README.md")
    assert "README.md" in source(ROOT / "README.zh-CN.md")


def test_the_chinese_readme_explains_every_kind_of_alert():
    from schemas.alerts import Kind

    text = source(ROOT / "README.zh-CN.md")
    assert [kind for kind in Kind if f"`{kind}`" not in text] == []


def test_ci_runs_make_test_and_nothing_else():
    lines = [line for line in source(ROOT / ".ci/run").splitlines() if line.strip() and not line.startswith("#")]
    assert lines[-1] == "exec make test"
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
