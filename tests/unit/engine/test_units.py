"""How a unit is written, in both forms, against a producer that remembers."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.engine import clients
from streams.engine.partitioner import partition_of
from streams.engine.position import KEY, Position
from streams.engine.units import Plain, Sending, State, Transactional, Unit, packed
from streams.machine import Output
from streams.settings import Settings

UNIT = Unit(Position(8), [Output("alerts", b"id", b"{}", (("h", b"1"),), 2), Output("notices", b"p", b"n")],
            [(b"c\x1fa", b"row"), (b"c\x1fb", None)])  # fmt: skip


class Builder:
    def __init__(self, room: int) -> None:
        self.records: list = []
        self._room = room

    def append(self, *, key, value, timestamp, headers=()):
        assert type(headers) in (list, tuple)
        if len(self.records) == self._room:
            return None
        self.records.append((key, value, *headers))
        return object()

    def close(self) -> None: ...


class Producer:
    def __init__(self, room: int = 100) -> None:
        self.did: list = []
        self._room = room

    async def begin_transaction(self):
        self.did.append("begin")

    async def commit_transaction(self):
        self.did.append("commit")

    def create_batch(self):
        return Builder(self._room)

    async def send_batch(self, batch, topic, *, partition):
        self.did.append((topic, partition, batch.records))
        return self._done()

    @staticmethod
    def _done():
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


@pytest.fixture
def sending():
    return Sending(Settings(prefix="d-"), {"alerts": 12, "notices": 4}.__getitem__)


async def test_a_transaction_holds_outputs_rows_and_position(sending, monkeypatch):
    producer = Producer()
    monkeypatch.setattr(clients, "transactional_producer", lambda *_: producer)
    await Transactional(sending, State("d-operators-state", 5), "id").commit(UNIT)
    assert producer.did == [
        "begin",
        ("d-alerts", 2, [(b"id", b"{}", ("h", b"1"))]),
        ("d-notices", partition_of(b"p", 4), [(b"p", b"n")]),
        ("d-operators-state", 5, [(b"c\x1fa", b"row"), (b"c\x1fb", None), (KEY, Position(8).encode())]),
        "commit",
    ]


async def test_what_does_not_fit_into_one_batch_goes_on_in_the_next_in_order():
    producer = Producer(room=2)
    await packed(producer, "d-alerts", 1, [(b"%d" % number, b"v", []) for number in range(5)])
    assert [[record[0] for record in done[2]] for done in producer.did] == [[b"0", b"1"], [b"2", b"3"], [b"4"]]


def test_a_real_batch_refuses_what_does_not_fit_but_always_takes_a_first_message():
    batch = BatchBuilder(100, 0, is_transactional=True)
    assert batch.append(key=b"k", value=b"v" * 1000, timestamp=None, headers=[("h", b"1")]) is not None
    assert batch.append(key=b"k", value=b"v", timestamp=None, headers=[]) is None


async def test_outputs_of_a_partition_keep_their_order_and_those_without_a_key_are_spread_by_what_they_say(sending):
    producer = Producer()
    outputs = [Output("alerts", None, b"%d" % number) for number in range(200)]
    await sending.send(producer, outputs)
    assert len(producer.did) == 12
    assert all([int(value) for _, value in records] == sorted(int(value) for _, value in records)
               for _, _, records in producer.did)  # fmt: skip
    again = Producer()
    await sending.send(again, outputs)
    assert again.did == producer.did


async def test_plainly_state_is_one_batch_and_comes_after_the_outputs(sending):
    producer = Producer()
    await Plain(sending, State("d-operators-state", 5), producer).commit(UNIT)
    assert [done[0] for done in producer.did] == ["d-alerts", "d-notices", "d-operators-state"]
    rows = [(b"c\x1fa", b"row"), (b"c\x1fb", None), (KEY, Position(8).encode())]
    assert producer.did[-1] == ("d-operators-state", 5, rows)


async def test_state_that_does_not_fit_into_one_batch_is_never_torn(sending):
    producer = Producer(room=2)
    with pytest.raises(ValueError, match="do not fit into one batch"):
        await Plain(sending, State("d-operators-state", 5), producer).commit(UNIT)
    assert not any(done[0] == "d-operators-state" for done in producer.did)


async def test_an_output_to_a_topic_that_does_not_exist_is_an_error(sending):
    with pytest.raises(KeyError):
        await sending.send(Producer(), [Output("nowhere", b"k", b"v")])
