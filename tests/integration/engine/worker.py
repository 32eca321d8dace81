"""A worker process of the tests: the engine with the machines of `machines`, settings from the environment. With
`LIANFANG_TEST_PATCH=module:function` that function is called first, to break something on purpose.
"""

from __future__ import annotations

import importlib
import os

from streams.engine import run
from streams.settings import Settings
from tests.integration.engine.machines import FLOWS

if __name__ == "__main__":
    patch = os.environ.pop("LIANFANG_TEST_PATCH", "")
    if patch:
        module, function = patch.split(":")
        getattr(importlib.import_module(module), function)()
    run(Settings(), FLOWS, process="worker")
