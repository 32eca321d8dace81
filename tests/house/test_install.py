"""What is installed is whole: a wheel holds every module and every file the program reads, and nothing of tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.house.tree import PRODUCT, ROOT, files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> set[str]:
    """Names in a wheel made from a copy, so that nothing is left in the tree."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("out")
    for path in files():
        if path.parts[0] in PRODUCT or path.name in ("pyproject.toml", "README.md", "LICENSE"):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, copy / path)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-cache-dir",
        "--no-index",
    ]
    done = subprocess.run([*pip, "-w", out, copy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("lianfang-*.whl")
    return set(zipfile.ZipFile(made).namelist())


def test_every_module_and_every_file_the_program_reads_is_in_it(wheel):
    ours = {str(path) for path in files() if path.parts[0] in PRODUCT and path.suffix != ".md"}
    assert ours - wheel == set()


def test_nothing_else_is(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.startswith("lianfang-")} == set(PRODUCT)


def test_the_command_is(wheel):
    assert any(name.endswith("entry_points.txt") for name in wheel)
