"""The part of the table about growth: each scenario in a process of its own, small and large in turn, as ratios."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from tests.jars import ROOT

WITHIN = 600
GOAL_RECORD = 1.3
GOAL_MEMORY, GOAL_LOADED, GOAL_DUES = 700, 100_000, 5.0
Found = dict[str, Any]


def measure(operators: int, lots: int, rounds: int) -> list[dict[str, Any]]:
    """Rows of the table: up to so many operators in one process, up to so many lots of one operator."""
    return [
        *_records("operators", [(1_000, 1), (operators // 10, 1), (operators, 1)], rounds),
        *_records("lots of one operator", [(1, 10), (1, 1_000), (1, lots)], rounds),
        _rows(operators),
        _tick(operators),
    ]


def _child(scenario: str, *numbers: int) -> Found:
    print(f"growth: {scenario} {' '.join(f'{number:,}' for number in numbers)}", file=sys.stderr)
    command = [sys.executable, "-m", "bench.growth.child", scenario, *map(str, numbers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN, check=False)
    if done.returncode:
        raise RuntimeError(f"{scenario}: exit {done.returncode}: {done.stderr[-400:]}")
    found: Found = json.loads(done.stdout)
    return found


def _records(of: str, sizes: list[tuple[int, int]], rounds: int) -> list[dict[str, Any]]:
    """Sizes in turn, round by round; each against the smallest of its round."""
    found: dict[tuple[int, int], list[Found]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            found[size].append(_child("record", *size))
    rows = []
    for size in sizes:
        ratios = sorted(now["us"] / first["us"] for now, first in zip(found[size], found[sizes[0]], strict=True))
        last = found[size][-1]
        row: dict[str, Any] = {
            "what": f"a record (read, rules, rows encoded), {max(size):,} {of}, µs of CPU",
            "median": round(statistics.median(one["us"] for one in found[size]), 1),
            "× the smallest": f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})",
            "count": f"{last['rows']:,} rows",
        }
        if last["rows"] > 100_000:
            row["a row"] = f"{last['row']:.0f} bytes, {last['memory']:.0f} in memory"
        if size == sizes[-1]:
            row["goal"] = f"≤ {GOAL_RECORD}"
            row["missed"] = ratios[len(ratios) // 2] > GOAL_RECORD
        rows.append(row)
    return rows


def _rows(count: int) -> dict[str, Any]:
    found = _child("rows", count, 300)
    return {
        "what": "rows of 300 bytes taken into memory",
        "a CPU second": f"{found['a second']:,.0f}",
        "memory of a row, bytes": round(found["memory"]),
        "goal": f"≥ {GOAL_LOADED:,}, ≤ {GOAL_MEMORY}",
        "missed": found["a second"] < GOAL_LOADED or found["memory"] > GOAL_MEMORY,
        "count": f"{count:,}",
    }


def _tick(waiting: int) -> dict[str, Any]:
    found = _child("tick", waiting, 10_000)
    return {
        "what": f"a tick: 10,000 of {waiting:,} deadlines fall due, rules alone, seconds",
        "first slice": round(found["first"], 3),
        "all": round(found["all"], 2),
        "goal": f"≤ {GOAL_DUES:g}",
        "missed": found["all"] > GOAL_DUES or found["alerts"] != 10_000,
        "count": f"{found['alerts']:,} alerts",
    }
