"""A header name that is not UTF-8 costs its own backslashes and no worker."""

import dataclasses

import pytest
from aiokafka import ConsumerRecord
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.engine import clients
from streams.engine.decoding import Batches, Fetched


def batch(*headers, compression=0):
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=compression, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=100_000,
    )  # fmt: skip
    for offset, some in enumerate(headers):
        builder.append(offset, timestamp=1000 + offset, key=b"k", value=b"v%d" % offset, headers=some)
    return bytes(builder.build())


def rows(data):
    records, found = Batches(data), []
    while records.has_next():
        one = records.next_batch()
        assert one.validate_crc()
        found += [(record.offset, record.timestamp, record.key, record.value, list(record.headers)) for record in one]
    return found


def broken(data):
    """The same batch with a name that is no UTF-8, and its checksum again."""
    import struct

    from aiokafka.record.util import calc_crc32c

    changed = bytearray(data.replace(b"nameX", b"nam\xff\xfe"))
    struct.pack_into(">I", changed, 17, calc_crc32c(memoryview(changed)[21:]))
    return bytes(changed)


def test_ordinary_batches_are_read_as_before():
    data = batch([("a", b"1"), ("ü", None)], []) + batch([("b", b"2")], compression=1)
    assert rows(data) == [
        (0, 1000, b"k", b"v0", [("a", b"1"), ("ü", None)]),
        (1, 1001, b"k", b"v1", []),
        (0, 1000, b"k", b"v0", [("b", b"2")]),
    ]
    assert Batches(data).size_in_bytes() == len(data)


def test_a_name_that_is_not_utf8_is_escaped_and_its_neighbours_are_untouched():
    data = broken(batch([("a", b"1")], [("nameX", b"2"), ("ü", b"\xff")], [("c", b"3")]))
    assert rows(data + batch([("d", b"4")])) == [
        (0, 1000, b"k", b"v0", [("a", b"1")]),
        (1, 1001, b"k", b"v1", [("nam\\xff\\xfe", b"2"), ("ü", b"\xff")]),
        (2, 1002, b"k", b"v2", [("c", b"3")]),
        (0, 1000, b"k", b"v0", [("d", b"4")]),
    ]


def test_stock_aiokafka_stops_there():
    records = MemoryRecords(broken(batch([("nameX", b"2")])))
    with pytest.raises(UnicodeDecodeError):
        list(records.next_batch())


def test_every_consumer_of_a_worker_reads_so():
    assert clients
    assert fetcher.MemoryRecords is Batches
    assert fetcher.ConsumerRecord is Fetched


def test_a_record_has_the_fields_of_aiokafkas_in_its_order():
    assert Fetched.__struct_fields__ == tuple(field.name for field in dataclasses.fields(ConsumerRecord))
