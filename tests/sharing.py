"""How two processes of pytest share the tests: a file stays together, for the sake of what its tests start once, and
what takes long begins first, so that both are done at the same time. Not which tests there are, nor what they need.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST = (
    "tests/soak/test_runs.py",
    "tests/faults/",
    "tests/integration/engine/",
    "tests/integration/demo/",
    "tests/house/test_lint.py",
    "tests/examples/test_examples_kafka.py",
    "tests/integration/",
    "tests/contract/test_clients.py",
    "tests/properties/",
)
"""The longest first, as `make test ARGS=--durations=60` says."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole files in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0]


def length(item: pytest.Item) -> int:
    """The place of a test in the order: where it is among those that take long, or after them."""
    return next((n for n, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))
