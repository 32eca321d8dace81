"""The Makefile: says what it can do, finds a Python that will do, and says in clear words when there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FIRST
from tests.house.tree import ROOT, source

MAKEFILE = source(ROOT / "Makefile")
TOOLS = ("make", "sh", "sed", "printf", "echo", "touch", "rm")


@pytest.fixture
def empty(tmp_path) -> Path:
    """A tree with nothing but what `make` reads, and a PATH without any Python."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def make(tree: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(tree / "bin"), "HOME": os.environ.get("HOME", "/"), **more}
    command = [tree / "bin" / "make", *words]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)


def program(tree: Path, name: str, script: str) -> None:
    path = tree / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_without_a_python_it_says_which_it_needs_and_makes_nothing(empty):
    done = make(empty)
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (empty / ".venv").exists()


def test_a_python_that_is_too_old_is_passed_over(empty):
    program(empty, "python3", "exit 1")  # as a question for its version would
    assert "none was found" in make(empty).stderr


def test_it_takes_the_python_that_is_named_and_installs_with_hashes_only(empty):
    program(empty, "mine", f'exec {sys.executable} "$@"')
    done = make(empty, "-n", "PYTHON=mine")
    assert done.returncode == 0
    assert "--require-hashes -r requirements.lock" in done.stdout
    assert "--no-cache-dir" in done.stdout  # nothing else on the machine
    assert "index-url" not in done.stdout


def test_what_is_installed_is_not_installed_again_until_a_lock_changes(empty):
    (empty / ".venv" / "bin").mkdir(parents=True)
    program(empty, "python", "exit 0")
    (empty / ".venv" / "bin" / "python").symlink_to(empty / "bin" / "python")
    assert make(empty).returncode == 0
    assert "pip" not in make(empty, "-n").stdout
    (empty / "requirements.lock").touch()
    os.utime(empty / "requirements.lock", (2**31, 2**31))
    assert "pip" in make(empty, "-n").stdout


def test_what_python_has_compiled_is_kept_whatever_an_image_sets(empty):
    asks = ("--eval", 'said: ; @echo "<$$PYTHONDONTWRITEBYTECODE>"', "said")
    assert make(empty, *asks, PYTHONDONTWRITEBYTECODE="1").stdout == "<>\n"


def test_help_lists_every_target_with_words(empty):
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    shown = dict(re.findall(r"^  make (\w+) +(.+)$", make(empty, "help").stdout, re.MULTILINE))
    assert set(shown) == targets
    assert set(re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split()) == targets


def test_what_the_targets_run_exists():
    for path in re.findall(r"\$\(PYTEST\) (tests/\w+)", MAKEFILE):
        assert (ROOT / path).is_dir()
    assert (ROOT / "tests/needs.sh").is_file()
    assert (ROOT / "bench/__main__.py").is_file()


def test_the_files_that_make_test_begins_with_exist():
    assert [path for path in FIRST if not (ROOT / path).exists()] == []


def test_what_fetches_kafka_needs_no_package_for_it_runs_while_they_are_installed():
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import tests.brokers"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
