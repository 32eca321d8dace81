"""State follows a public topic that has grown; a journal that has grown stops the process."""

from __future__ import annotations

import pytest
from aiokafka.errors import InvalidPartitionsError, KafkaError, PolicyViolationError

from streams.engine import ends
from streams.engine.flow import Flow
from streams.engine.topology import _grow, _require
from tests.unit.engine.fakes import Left

PUBLIC = (Flow("intake", {"scan-events": "scan-events-positions"}, lambda *_: None),)
JOURNAL = (Flow("operators", {"operator-journal": "operators-state"}, lambda *_: None),)


class Admin:
    """As aiokafka's: a code of the broker is raised."""

    def __init__(self, refuses: type[KafkaError] | None = None) -> None:
        self.asked: dict[str, int] = {}
        self._refuses = refuses

    async def create_partitions(self, wanted):
        self.asked |= {name: new.total_count for name, new in wanted.items()}
        if self._refuses is not None:
            raise self._refuses(f"could not create partitions for {list(wanted)}")


async def test_the_state_of_a_grown_public_topic_grows():
    admin = Admin()
    assert await _grow(admin, "d-", {"scan-events": 24, "scan-events-positions": 12}, PUBLIC)
    assert admin.asked == {"d-scan-events-positions": 24}


async def test_another_worker_may_have_been_faster():
    admin = Admin(InvalidPartitionsError)
    assert await _grow(admin, "", {"scan-events": 24, "scan-events-positions": 12}, PUBLIC)


async def test_that_it_could_not_grow_is_not_kept_back():
    with pytest.raises(PolicyViolationError):
        await _grow(Admin(PolicyViolationError), "", {"scan-events": 24, "scan-events-positions": 12}, PUBLIC)


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
