"""`make bench`: every figure in one run, as a table; written to bench/results with machine, versions and seed."""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import delivery, latency, replay
from bench.growth import burst, recovery
from bench.growth import table as growth
from bench.peers import table as peers
from bench.peers.contenders import versions
from tests.jars import VERSION as KAFKA

RESULTS = Path(__file__).parent / "results"
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Size:
    """How much is measured. `rounds` of the peers: at most; none begins after `minutes`."""

    records: int
    rounds: int
    minutes: float
    operators: int = 2000
    latency_s: int = 8
    latency_rounds: int = 2
    delivery_s: int = 30
    lines: int = 20_000
    growth: tuple[int, int, int] = (300_000, 30_000, 1)  # operators, lots of one of them, rounds


SIZES = {
    "quick": Size(40_000, 1, 2, latency_s=4, latency_rounds=1, delivery_s=15, lines=4_000, growth=(20_000, 5_000, 1)),
    "usual": Size(200_000, 3, 4.5),  # in twelve minutes with everything else
    "full": Size(1_000_000, 3, 30, latency_s=30, latency_rounds=3, delivery_s=120, growth=(1_000_000, 100_000, 3)),
}


PARTS: dict[str, Callable[[int, Size], Rows]] = {
    "peers": lambda seed, size: peers.measure(seed, size.records, size.operators, size.rounds, size.minutes * 60),
    "latency": lambda seed, size: latency.measure(seed, size.latency_s, size.latency_rounds),
    "delivery": lambda seed, size: delivery.measure(seed, size.delivery_s),
    "replay": lambda seed, size: replay.measure(seed, size.lines),
    "growth": lambda _, size: growth.measure(*size.growth),
    "recovery": lambda _, size: recovery.measure(size.growth[0] // 2, 3),
    "burst": lambda seed, _: burst.measure(seed),
}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    names = ("faust-streaming", "aiokafka", "pydantic", "msgspec", "orjson")
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load before": round(os.getloadavg()[0], 1),
        "versions": {name: version(name) for name in names} | {"kafka": KAFKA} | versions(),
    }


def main() -> int:
    """Measure, print, write. Exit 1 if a goal was missed or a part could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[*PARTS], action="append", help="may be given more than once")
    parser.add_argument("--quick", dest="size", action="store_const", const="quick", default="usual")
    parser.add_argument("--full", dest="size", action="store_const", const="full", help="a million records")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that brokers and contenders end too
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its retries while topics are made
    result = {
        "seed": options.seed,
        "size": options.size,
        "at": f"{datetime.now(UTC):%Y-%m-%d}",
        **machine(),
        "rows": [],
    }
    for name in options.only or PARTS:
        began = time.monotonic()
        try:
            result["rows"] += PARTS[name](options.seed, SIZES[options.size])
        except Exception as error:  # the other parts are worth having; this one is a missed goal
            result["rows"].append({"what": name, "could not be measured": f"{error}", "missed": True})
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    RESULTS.mkdir(exist_ok=True)
    parts = [options.size, *(options.only or ())]
    written = RESULTS / ("latest.json" if parts == ["usual"] else f"{'-'.join(parts)}.json")
    written.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(result)
    return 1 if any(row.get("missed") for row in result["rows"]) else 0


def _print(result: dict[str, Any]) -> None:
    table = Table(title=f"{result['cores']} cores, Python {result['python']}, seed {result['seed']}", show_lines=True)
    for name in ("what", "figures", "goal", "count"):
        table.add_column(name)
    for row in result["rows"]:
        figures = [f"{name} {value}" for name, value in row.items() if name not in {"what", "goal", "count", "missed"}]
        style = "red" if row.get("missed") else None
        table.add_row(
            row["what"], " · ".join(figures), str(row.get("goal", "")), str(row.get("count", "")), style=style
        )
    Console(width=None if sys.stdout.isatty() else 150).print(table)


if __name__ == "__main__":
    sys.exit(main())
