"""Processes of one test, which are gone when it ends, those that it had stopped among them."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from connectors.embedded import Supervisor


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor(longest_pause=1.0) as running:
        yield running
        for child in running.children:
            running.kill(child.name, signal.SIGCONT)
            running.end(child.name, patience=2.0)
