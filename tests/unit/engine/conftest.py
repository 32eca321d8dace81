"""The end of the process, made visible."""

from __future__ import annotations

import pytest

from streams.engine import ends
from tests.unit.engine.fakes import Left


@pytest.fixture(autouse=True)
def _ends_are_seen(monkeypatch):
    def leave(code: int) -> None:
        raise Left(code)

    monkeypatch.setattr(ends, "leave", leave)
