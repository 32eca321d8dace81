"""`lianfang demo` from outside: it comes to its end with a clean ledger, a worker killed and a feed held on the way; it
can be stopped at any time and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.nursery import COMMAND

LIANFANG = Path(sys.executable).with_name("lianfang")


def descendants(root: int) -> set[int]:
    """All processes below one, by /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {root}


def alive(pid: int) -> bool:
    """Whether a process runs (one that is only waiting to be reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.timeout(600)
def test_the_demo_ends_with_a_clean_ledger_whatever_happens_on_the_way():
    done = subprocess.run(
        [LIANFANG, "demo", "--fast", "--operators", "30", "--plain", "--json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    ledger = json.loads(done.stdout)
    assert ledger["clean"]
    assert (ledger["missed"], ledger["false"], ledger["doubled"], ledger["ends"], ledger["lost"]) == ([], [], [], [], 0)
    assert len([kind for kind, row in ledger["kinds"].items() if row["told"] > 0]) == 11
    for flow in ledger["flows"].values():
        assert flow["published"] == flow["applied"] + flow["refused"] + flow["duplicate"]
    assert sum(flow["refused"] for flow in ledger["flows"].values()) == 14
    words = " ".join(done.stderr.split())
    assert "killed with -9" in words
    assert "worker-2 is back" in words
    assert "feed zj-chain stands still since 2022-01-15 07:40" in words


def test_stopped_in_the_middle_it_says_so_and_leaves_nothing_behind(tmp_path):
    with (tmp_path / "words").open("wb") as words:
        process = subprocess.Popen(
            [LIANFANG, "demo", "--fast", "--operators", "30", "--plain"], stdout=words, stderr=words
        )
        children: set[int] = set()
        try:
            until = time.monotonic() + 120
            while b"day  2" not in (tmp_path / "words").read_bytes():
                assert process.poll() is None, (tmp_path / "words").read_text()
                assert time.monotonic() < until
                time.sleep(0.2)
            children = descendants(process.pid)
            assert len(children) >= 8
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 130
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    assert "nothing is left behind" in (tmp_path / "words").read_text()
    assert [pid for pid in children if alive(pid)] == []


def test_it_writes_a_history_and_its_truth_without_starting_anything(nursery, tmp_path):
    history, truth = tmp_path / "history.jsonl", tmp_path / "truth.jsonl"
    argv = ["demo", "--operators", "30", "--write-history", str(history), "--write-truth", str(truth)]
    done = nursery.run([*COMMAND, *argv], os.environ)
    assert done.returncode == 0
    assert "recordedtime" in history.read_text().splitlines()[0]
    assert set(json.loads(truth.read_text().splitlines()[0])) == {
        "kind",
        "operator",
        "subject",
        "begins",
        "ends",
        "why",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--operators", "3"], "30<=x<=10000"),
        (["--history", os.devnull], "--history and --truth go together"),
        (["--history", os.devnull, "--truth", os.devnull], "holds no records"),
    ],
)
def test_what_it_cannot_use_is_exit_2_with_words(nursery, arguments, words):
    done = nursery.run([*COMMAND, "demo", *arguments], os.environ)
    assert done.returncode == 2
    assert words in done.stderr
