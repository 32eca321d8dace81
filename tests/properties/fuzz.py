"""`python -m tests.properties.fuzz --seeds 0 300`: histories on which product and oracle differ, as small as they get.

Not a test: it is run by hand, for as long as one likes, and writes what a person can decide by the contract's words.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from schemas.times import DAY, HOUR, MINUTE
from tests.properties.histories import HARDER, SHAPES, Shape, history
from tests.properties.oracle import messages
from tests.properties.oracle.parameters import Book
from tests.properties.pairs import by_alert
from tests.properties.product import replayed
from tests.properties.rulebooks import Values, drawn
from tests.properties.shrink import smallest

TICKS = {"1m": MINUTE, "10m": 10 * MINUTE, "1h": HOUR, "8h": 8 * HOUR, "1d": DAY}

Answer = dict[str, list[dict[str, Any]]]


def answers(lines: list[bytes], tick: str, values: Values) -> tuple[Answer, Answer]:
    """What the oracle expects and what the product says, by alert."""
    expected = by_alert(messages(lines, tick=TICKS[tick], book=Book.of(values)))
    try:
        found = by_alert(replayed(lines, tick=tick, values=values))
    except RuntimeError as error:
        found = {"": [{"kind": f"{error}"[:300]}]}
    return expected, found


def signature(expected: Answer, found: Answer) -> str:
    """What kind of difference it is: of the first message that differs, for each alert."""
    signs = set()
    for alert in expected.keys() | found.keys():
        one, other = expected.get(alert, []), found.get(alert, [])
        if one != other:
            place = next(i for i in range(len(one) + 1) if one[i : i + 1] != other[i : i + 1])
            signs.add(f"{_sign(one[place : place + 1])} / {_sign(other[place : place + 1])}")
    return min(signs, default="")


def _sign(message: list[dict[str, Any]]) -> str:
    if not message:
        return "-"
    return " ".join(str(message[0].get(name)) for name in ("kind", "status", "resolved_by"))


def report(lines: list[bytes], tick: str, values: Values) -> str:
    """A difference, for a person."""
    expected, found = answers(lines, tick, values)
    text = [f"tick {tick}", json.dumps(values), "```", *(line.decode() for line in lines), "```"]
    for alert in sorted(expected.keys() | found.keys()):
        if expected.get(alert) != found.get(alert):
            for who, answer in (("oracle", expected), ("product", found)):
                text += [f"{who}:", *("    " + json.dumps(m, ensure_ascii=False) for m in answer.get(alert, []))]
    return "\n".join(text)


def main() -> None:
    """Run seeds, shrink one history for each kind of difference."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--seeds", nargs=2, type=int, default=(0, 100))
    parser.add_argument("--tick", choices=TICKS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this time")
    parser.add_argument("--harder", action="store_true")
    parser.add_argument("--shrink", type=int, default=6, help="how many kinds of difference to shrink")
    options = parser.parse_args()
    kinds: Counter[str] = Counter()
    began, said, ran = time.monotonic(), 0, 0
    for seed in range(*options.seeds):
        if time.monotonic() - began > options.seconds:
            break
        tick = options.tick or ("1m" if seed // len(SHAPES) % 3 else list(TICKS)[seed // len(SHAPES) // 3 % len(TICKS)])
        shape: Shape | None = HARDER[seed % len(HARDER)] if options.harder else None
        lines = history(seed, shape)
        values = drawn(seed, lines) if shape and shape.ruled else {}
        expected, found = answers(lines, tick, values)
        ran, said = ran + 1, said + sum(map(len, expected.values()))
        if expected == found:
            continue
        sign = signature(expected, found)
        kinds[sign] += 1
        print(f"seed {seed}, tick {tick}: {sign}", flush=True)
        if kinds[sign] > 1 or len(kinds) > options.shrink:
            continue

        def differs(less: list[bytes], tick: str = tick, values: Values = values, sign: str = sign) -> bool:
            return signature(*answers(less, tick, values)) == sign

        small = smallest(lines, differs)
        text = f"\n## seed {seed}: {sign}\n{report(small, tick, values)}\n"
        print(text, flush=True)
        if options.out:
            with options.out.open("a") as out:
                out.write(text)
    print(f"{ran} histories, {said} messages, {sum(kinds.values())} differ, {time.monotonic() - began:.0f} s")
    for sign, times in kinds.most_common():
        print(times, sign)


if __name__ == "__main__":
    main()
