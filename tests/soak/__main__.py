"""`make soak RUNS=n`: so many runs, each with its seed; a line of JSON for each, a table at the end, exit 1 if one of
them was not clean. `--seed` repeats one, `--fault NAME` says what happens in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from connectors.cli import DONE, FOUND_WRONG
from connectors.embedded import Supervisor
from streams import logs
from tests.brokers import KafkaCluster
from tests.jars import VERSION
from tests.nursery import Nursery
from tests.soak.catalogue import TABLE
from tests.soak.network import LINES, Network
from tests.soak.run import Ground, Run

COLUMNS = (
    *("runs", "clean", "lost", "doubled", "repeated", "unknown"),
    *("red", "hangs", "slow", "broken", "recovery", "calm", "seconds"),
)


def main() -> int:
    """Exit code."""
    asked = _asked()
    logs.configure(form="console", level="critical", process="soak")  # brokers that are away are the point
    signal.signal(signal.SIGTERM, _interrupt)  # brokers must not be left behind
    Supervisor.popen = staticmethod(Nursery().popen)
    first = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    cluster = KafkaCluster(3, asked.kafka, lines=LINES)
    lines: list[dict[str, Any]] = []
    try:
        cluster.start()
        asyncio.run(_runs(asked, cluster, first, lines))
    except KeyboardInterrupt:
        print(f"interrupted: {len(lines)} of {asked.runs} runs were finished", file=sys.stderr)
    finally:
        cluster.close()
    print(table(lines))
    if any(line["verdict"] != "clean" for line in lines):
        return FOUND_WRONG
    return DONE if len(lines) == asked.runs else 128 + signal.SIGINT


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, help="of the first run; the others count on from it")
    parser.add_argument("--kafka", default=VERSION)
    parser.add_argument("--fault", action="append", choices=sorted(TABLE), help="instead of what the seed draws")
    parser.add_argument("--most", type=int, default=3, help="faults in a run")
    parser.add_argument("--lines", type=Path, help="file to which the JSON lines go too")
    return parser.parse_args()


async def _runs(asked: argparse.Namespace, cluster: KafkaCluster, first: int, lines: list[dict[str, Any]]) -> None:
    ground = Ground(cluster, Network(cluster))
    for seed in range(first, first + asked.runs):
        faults = None if asked.fault is None else dict.fromkeys(asked.fault, 0.3)
        run = Run(seed, ground, faults, asked.most)
        print(f"seed {seed}: {run.figures.faults}", file=sys.stderr, flush=True)
        await run.run()
        line = run.line()
        lines.append(line)
        print(json.dumps(line, ensure_ascii=False), flush=True)
        if asked.lines is not None:
            with asked.lines.open("a") as target:
                target.write(json.dumps(line, ensure_ascii=False) + "\n")
        if line["verdict"] != "clean":
            print(run.words, file=sys.stderr, flush=True)


def table(lines: Iterable[dict[str, Any]]) -> str:
    """By fault: how many runs it was in, and the sums and largest figures of those."""
    lines = list(lines)
    rows = [f"{'fault':26}" + "".join(f"{name:>9}" for name in COLUMNS)]
    for fault in [*TABLE, "all"]:
        of = [line for line in lines if fault == "all" or fault in line["faults"]]
        if of:
            rows.append(f"{fault:26}" + "".join(f"{figure:>9}" for figure in _figures(of)))
    return "\n".join(rows)


def _figures(of: list[dict[str, Any]]) -> list[object]:
    verdicts = [line["verdict"] for line in of]
    sums = [sum(line[name] for line in of) for name in ("lost", "doubled", "repeated", "unknown")]
    recovery = max((seconds for line in of for seconds in line["recovery"]), default="-")
    most = [max(line[name] for line in of) for name in ("calm", "seconds")]
    others = [verdicts.count(name) for name in ("red", "hangs", "slow", "broken")]
    return [len(of), verdicts.count("clean"), *sums, *others, recovery, *most]


if __name__ == "__main__":
    sys.exit(main())
