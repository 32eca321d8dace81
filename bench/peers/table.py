"""The part of the table about the same job: contenders in turn, round by round, as ratios with their spread."""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from bench.peers.contenders import ALL, BARE, OURS, PATH, STREAMS, Contender
from bench.peers.race import Race, Run
from tests.brokers import KafkaCluster

GOALS = {"stock": 20.0, "quix": 1.5, "bare": 0.6, "streams": 1.0}
"""Our records a wall second against theirs, at least."""
TWO = (OURS, STREAMS, BARE)
"""Those who also run as two workers."""
HANG = 120.0


def measure(seed: int, size: int, operators: int, rounds: int, within: float) -> list[dict[str, Any]]:
    """Rows of the table; no round begins after `within` seconds. RuntimeError in plain words without a Java."""
    until = time.monotonic() + within
    cluster = KafkaCluster(1, long=True)
    found: defaultdict[str, list[Run | None]] = defaultdict(list)
    try:
        cluster.start()
        race = Race(cluster.bootstrap, seed, size, operators, HANG)
        try:
            for number in range(rounds):
                if number and time.monotonic() > until:
                    break
                for name, run in _round(number, race):
                    found[name].append(_told(number, name, run))
        finally:
            race.close()
    finally:
        cluster.close()
    return _rows(found, size, operators)


def _round(number: int, race: Race) -> Iterator[tuple[str, Callable[[], Run]]]:
    """Everybody once, in the other direction in every other round."""
    runs: list[tuple[str, Callable[[], Run]]] = [(one.name, _bound(race, one, 1)) for one in ALL]
    runs += [(f"{one.name} ×2", _bound(race, one, 2)) for one in TWO]
    runs.append((PATH.name, race.whole_path))
    yield from runs if number % 2 == 0 else reversed(runs)


def _bound(race: Race, contender: Contender, processes: int) -> Callable[[], Run]:
    return lambda: race.run(contender, processes)


def _told(number: int, name: str, run: Callable[[], Run]) -> Run | None:
    """None if it came to no end; then the others go on."""
    try:
        done = run()
    except (RuntimeError, ValueError) as error:
        print(f"same job, round {number + 1}: {name}: {error}", file=sys.stderr)
        return None
    print(f"same job, round {number + 1}: {name}: {done.wall:,.0f} records/s, {done.check}", file=sys.stderr)
    return done


def _rows(found: dict[str, list[Run | None]], size: int, operators: int) -> list[dict[str, Any]]:
    words = {one.name: one.words for one in ALL}
    titles = {name: f"same job, {words[name]}" for name in words}
    titles |= {f"{one.name} ×2": f"same job, two workers: {one.words}" for one in TWO}
    titles[PATH.name] = PATH.words
    rows = []
    for name, title in titles.items():
        runs = found[name]
        row: dict[str, Any] = {"what": title, **_figures(runs)}
        against = OURS.name if name in words else f"{OURS.name} ×2" if name.endswith("×2") else ""
        pairs = [(ours, run) for ours, run in zip(found.get(against, []), runs, strict=False) if ours and run]
        if pairs and name != against:
            row["ours against it"] = _spread([ours.wall / run.wall for ours, run in pairs], 2)
            row["by CPU"] = _spread([ours.cpu / run.cpu for ours, run in pairs], 2)
        checks = {run.check for run in runs if run} - {"right"}
        row["result"] = "; ".join(sorted(checks)) or "right"
        if name in GOALS:
            row["goal"] = f"{GOALS[name]:g}"
            row["missed"] = not pairs or statistics.median(ours.wall / run.wall for ours, run in pairs) < GOALS[name]
        if name.startswith((OURS.name, PATH.name)):
            row["missed"] = bool(checks) or None in runs
        rows.append(row)
    rows[0]["count"] = f"{size:,} records, {operators:,} operators"
    return rows


def _figures(runs: list[Run | None]) -> dict[str, Any]:
    done = [run for run in runs if run is not None]
    if not done:
        return {"records/s": "came to no end"}
    figures = {"records/s": _spread([run.wall for run in done]), "a CPU second": _spread([run.cpu for run in done])}
    failed = len(runs) - len(done)
    return figures | {"rounds": len(done)} | ({"came to no end": failed} if failed else {})


def _spread(values: list[float], digits: int = 0) -> str:
    """Median, least and most."""
    words = [f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return words[0] if len(values) == 1 else f"{words[0]} ({words[1]}–{words[2]})"
