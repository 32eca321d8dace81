"""The lock files: everything pinned, with hashes, without an address of an index, in step with pyproject.toml."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.tree import ROOT, source

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def entries(name: str) -> dict[str, tuple[str, int]]:
    """Package → (version, number of hashes)."""
    found: dict[str, tuple[str, int]] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", (ROOT / name).read_text()):
        match = re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", block)
        assert match, f"{name}: not pinned: {block[:60]!r}"
        found[canonicalize_name(match[1])] = match[2], block.count("--hash=sha256:")
    return found


def wanted(extra: str | None = None) -> list[Requirement]:
    project = tomllib.loads(source(ROOT / "pyproject.toml"))["project"]
    names = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(name) for name in names]


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_pinned_with_hashes(name):
    locked = entries(name)
    assert len(locked) > 20
    assert [package for package, (_, hashes) in locked.items() if not hashes] == []


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_stands_in_it(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=", ""), re.MULTILINE)


@pytest.mark.parametrize(("name", "extra"), [("requirements.lock", None), ("requirements-dev.lock", "dev")])
def test_what_the_project_asks_for_is_locked_at_a_version_it_allows(name, extra):
    locked = entries(name)
    for requirement in wanted(extra):
        version, _ = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(Version(version)), f"{requirement} but {version}; run `make lock`"


def test_what_runs_is_the_same_with_and_without_what_tests_need():
    runtime, tests = entries("requirements.lock"), entries("requirements-dev.lock")
    assert {name: (version, tests[name][0]) for name, (version, _) in runtime.items() if name in tests} == {
        name: (version, version) for name, (version, _) in runtime.items() if name in tests
    }


def test_the_build_backend_is_locked_too_so_installing_needs_no_isolated_build():
    assert "setuptools" in entries("requirements.lock")
