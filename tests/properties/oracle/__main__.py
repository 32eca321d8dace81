"""`python -m tests.properties.oracle HISTORY`: the messages that the contract expects of a history, one a line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from schemas.times import DAY, HOUR, MINUTE, SECOND, parse_instant
from tests.properties.oracle.replay import Unusable, messages

UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def main() -> int:
    """Exit 0, or 2 if the history can't be used."""
    parser = argparse.ArgumentParser(prog="oracle")
    parser.add_argument("history", type=Path)
    parser.add_argument("--tick", default="1m")
    parser.add_argument("--until")
    parser.add_argument("--slow", action="store_true", help="derive everything at every tick")
    options = parser.parse_args()
    tick = int(options.tick[:-1]) * UNITS[options.tick[-1]]
    until = parse_instant(options.until) if options.until else None
    try:
        for message in messages(options.history.read_bytes().splitlines(), tick=tick, until=until, slow=options.slow):
            print(json.dumps(message, ensure_ascii=False))
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
