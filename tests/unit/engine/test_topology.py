"""State follows a public topic that has grown; a journal that has grown stops the process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams.engine import ends
from streams.engine.flow import Flow
from streams.engine.topology import _grow, _require
from tests.unit.engine.fakes import Left

PUBLIC = (Flow("intake", {"scan-events": "scan-events-positions"}, lambda *_: None),)
JOURNAL = (Flow("operators", {"operator-journal": "operators-state"}, lambda *_: None),)


class Admin:
    def __init__(self, code: int = 0) -> None:
        self.asked: dict[str, int] = {}
        self._code = code

    async def create_partitions(self, wanted):
        self.asked |= {name: new.total_count for name, new in wanted.items()}
        return SimpleNamespace(topic_errors=[(name, self._code, None) for name in wanted])


async def test_the_state_of_a_grown_public_topic_grows():
    admin = Admin()
    assert await _grow(admin, "d-", {"scan-events": 24, "scan-events-positions": 12}, PUBLIC)
    assert admin.asked == {"d-scan-events-positions": 24}


async def test_another_worker_may_have_been_faster():
    assert await _grow(Admin(code=37), "", {"scan-events": 24, "scan-events-positions": 12}, PUBLIC)


async def test_equal_numbers_need_nothing():
    admin = Admin()
    assert not await _grow(admin, "", {"scan-events": 12, "scan-events-positions": 12}, PUBLIC)
    assert not admin.asked


async def test_a_journal_must_not_have_grown():
    with pytest.raises(Left) as left:
        await _grow(Admin(), "", {"operator-journal": 24, "operators-state": 12}, JOURNAL)
    assert left.value.code == ends.ALARM


def test_missing_topics_stop_the_process():
    with pytest.raises(Left) as left:
        _require({"operator-journal": 12}, JOURNAL)
    assert left.value.code == ends.ALARM
