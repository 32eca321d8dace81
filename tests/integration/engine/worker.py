"""A worker process of the tests: the engine with the machines of `machines`, settings from the environment. With
`LIANFANG_TEST_PATCH=module:function,…` these functions are called first, to break something on purpose.
"""

from __future__ import annotations

import importlib
import os

from streams.engine import run
from streams.settings import Settings
from tests.integration.engine import machines


def main() -> None:
    """Runs until it is told to stop."""
    for patch in filter(None, os.environ.pop("LIANFANG_TEST_PATCH", "").split(",")):
        module, function = patch.split(":")
        getattr(importlib.import_module(module), function)()
    run(Settings(), machines.FLOWS, process="worker")


if __name__ == "__main__":
    main()
