"""What `lianfang up` says once all of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.cli import up
from connectors.embedded import Supervisor
from connectors.runtime import Running, given


@pytest.mark.parametrize("as_json", [False, True])
def test_the_password_of_a_store_of_ones_own_is_not_among_it(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = given("kafka.example:9092", "redis://:geheim@redis.example:6379/0", {})
    with Supervisor() as supervisor:
        up._say(place, Running(place, supervisor, tmp_path), as_json=as_json)
    said = capsys.readouterr().out
    assert "redis.example:6379" in said
    assert "geheim" not in said
