"""A sandbox at noon, asked over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from connectors.sandbox.app import Sandbox

NOW = 1_641_355_200_000
"""5 January 2022, 12:00 in Beijing."""


@pytest.fixture
async def client() -> Any:
    """A client; `sandbox` is what it asks."""
    sandbox = Sandbox()
    sandbox.clock.set(NOW)
    async with TestClient(TestServer(sandbox.app())) as made:
        made.sandbox = sandbox
        yield made
