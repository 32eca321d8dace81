"""The ledger must itself be able to say no: each fault that it is there to find, made by hand."""

from __future__ import annotations

import json

from streams.engine.position import KEY, Position
from streams.machine import ENTRY, ORIGIN, RECORDED, Sort
from tests.faults.ledger import Ledger, Message, Place, count

RECORDED_AT = 1_642_000_000_000


class Topics:
    """A public topic, a journal with its rows, what was said of it."""

    def __init__(self) -> None:
        self.found: dict[Place, list[Message]] = {
            (topic, 0): []
            for topic in ("scan-events", "operator-journal", "operators-state", "notice-journal", "routing-state")
        } | {("alerts", 0): [], ("dead-letters", 0): []}

    def add(self, topic: str, value: bytes, key: bytes | None = None, **headers: str) -> int:
        messages = self.found[topic, 0]
        named = {name.replace("_", "-"): content.encode() for name, content in headers.items()}
        messages.append(Message(len(messages), key, value, named))
        return len(messages) - 1

    def sent(self, name: str, lot: str = "L") -> int:
        event = {"specversion": "1.0", "id": name, "source": "/s", "type": "goods.sold", "time": "2022-01-12T08:00:00Z"}
        return self.add("scan-events", json.dumps(event | {"data": {"operator": "A", "lot": lot}}).encode())

    def journaled(self, offset: int) -> None:
        headers = {ENTRY: Sort.RECORD, ORIGIN: f"scan-events/0/{offset}", RECORDED: str(RECORDED_AT)}
        value = self.found["scan-events", 0][offset].value
        assert value is not None
        self.add("operator-journal", value, **headers)

    def dead(self, offset: int, reason: str) -> None:
        where = {"origin-topic": "scan-events", "origin-partition": "0", "origin-offset": str(offset)}
        self.add("dead-letters", b"", reason=reason, **where)

    def says(self, revision: int, *, told: int = 1) -> None:
        value = json.dumps({"id": "a", "revision": revision}).encode()
        self.add("alerts", value)
        for _ in range(told):
            self.add("notice-journal", value, **{ENTRY: Sort.ALERT})

    def counted(self) -> Ledger:
        for journal, state in (("operator-journal", "operators-state"), ("notice-journal", "routing-state")):
            self.add(state, Position(len(self.found[journal, 0])).encode(), KEY)
        return count(self.found)


def test_a_good_day_is_clean():
    topics = Topics()
    first, again = topics.sent("e1"), topics.sent("e1")
    topics.journaled(first)
    topics.journaled(again)
    topics.dead(topics.sent("e2"), "invalid-data")
    topics.says(1)
    topics.says(2)
    ledger = topics.counted()
    columns = ("came", "applied", "refused", "duplicate", "lost", "doubled")
    assert [ledger.total(column) for column in columns] == [3, 1, 1, 1, 0, 0]
    assert (ledger.wrong, ledger.repeated_alerts, ledger.missing_alerts) == ([], 0, 0)


def test_a_record_that_is_nowhere_is_lost():
    topics = Topics()
    topics.sent("e1")
    assert topics.counted().total("lost") == 1


def test_a_record_that_is_twice_in_a_journal_or_in_dead_letters_is_doubled():
    topics = Topics()
    offset = topics.sent("e1")
    topics.journaled(offset)
    topics.journaled(offset)
    refused = topics.sent("e2")
    topics.dead(refused, "invalid-data")
    topics.dead(refused, "invalid-data")
    assert topics.counted().total("doubled") == 2


def test_one_identity_with_another_content_must_have_been_refused():
    topics = Topics()
    topics.journaled(topics.sent("e1"))
    other = topics.sent("e1", lot="M")
    topics.journaled(other)
    assert "identity-reused by the contract, applied by the machine" in topics.counted().wrong[0]
    topics.dead(other, "identity-reused")
    assert topics.counted().wrong == []


def test_a_revision_that_is_said_twice_or_left_out_is_seen():
    topics = Topics()
    topics.says(1)
    topics.says(1)
    topics.says(3)
    ledger = topics.counted()
    assert (ledger.repeated_alerts, ledger.missing_alerts) == (1, 1)


def test_an_alert_that_routing_did_not_hear_of_is_seen():
    topics = Topics()
    topics.says(1, told=0)
    assert "1 not told" in topics.counted().wrong[0]


def test_a_position_before_the_last_record_is_seen():
    topics = Topics()
    topics.journaled(topics.sent("e1"))
    topics.add("operators-state", Position(0).encode(), KEY)
    assert "applied up to [0], last is 0" in count(topics.found).wrong[0]


def test_a_position_that_goes_back_is_seen():
    topics = Topics()
    topics.journaled(topics.sent("e1"))
    for position in (1, 0, 1):
        topics.add("operators-state", Position(position).encode(), KEY)
    assert "went back" in count(topics.found).wrong[0]
