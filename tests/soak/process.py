"""A process of the product with something of its surroundings changed, for faults that can not be done from outside:
`python -m tests.soak.process worker`. SOAK_CHANGES names what is changed; without it this is `lianfang` itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

CHANGES, NOW = "SOAK_CHANGES", "SOAK_NOW"
"""Environment: names of changes, with commas between; the file in which the simulated time stands."""


def simulated_clock() -> None:
    """The clock process of a simulated history: it asks the broker as ever, and is told what time it is."""
    from streams.clock import process
    from streams.clock.port import KafkaPort

    asked = KafkaPort.now

    async def now(port: KafkaPort) -> int:
        await asked(port)
        return int(Path(os.environ[NOW]).read_text())

    KafkaPort.now = now  # type: ignore[method-assign]
    process.LONGEST_SLEEP = 0.1


TABLE = {"simulated-clock": simulated_clock}


if __name__ == "__main__":
    for name in filter(None, os.environ.get(CHANGES, "").split(",")):
        TABLE[name]()
    from connectors.cli import main

    sys.argv[0] = "lianfang"
    main()
