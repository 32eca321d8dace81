"""`make bench`: every figure in one run, as a table; written to bench/results with machine, versions and seed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import latency, replay

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {name: version(name) for name in ("faust-streaming", "aiokafka", "pydantic", "msgspec", "orjson")},
    }


def main() -> int:
    """Measure, print, write. Exit 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=120, help="of load, for the latency")
    parser.add_argument("--lines", type=int, default=20_000, help="of history, for the replay")
    parser.add_argument("--only", choices=["latency", "replay"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if options.only != "latency":
        rows += replay.measure(options.seed, options.lines)
    if options.only != "replay":
        rows += latency.measure(options.seed, options.seconds)
    result = {"seed": options.seed, "at": f"{datetime.now(UTC):%Y-%m-%d}", **machine(), "rows": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(result)
    return 1 if any(row.get("missed") for row in rows) else 0


def _print(result: dict[str, Any]) -> None:
    table = Table(title=f"{result['cores']} cores, Python {result['python']}, seed {result['seed']}")
    for name in ("what", "p50", "p99", "most", "goal", "count"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for row in result["rows"]:
        style = "red" if row.get("missed") else None
        table.add_row(
            *(str(row.get(name, "")) for name in ("what", "p50", "p99", "most", "goal", "count")), style=style
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
