"""Public records on their way through journals, and out of them into `dead-letters`.

What intake writes, the machines read, and whoever refuses a record writes: one form, in one place. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from schemas.envelope import MAX_HEADER_BYTES, PUBLIC_TOPICS, Record, read
from schemas.reasons import Reason
from schemas.times import format_instant
from streams.machine import ENTRY, ORIGIN, RECORDED, Entry, Output, Sort

OURS = "lianfang-"
"""Prefix of the headers that are ours. A sender's own of that name never get into a journal."""
KEY = "lianfang-key"
"""Header of a journaled record: the key of the public record, if it had one."""
RESENT = "lianfang-resent"
"""Header of a public record that was sent again: `topic/partition/offset` of its dead letter."""

DEAD_LETTERS = "dead-letters"
ORIGINAL = "original-"
"""Prefix of the original's headers on a dead letter."""
NOT_KEPT = ("value-not-kept", "key-not-kept", "headers-not-kept")
"""Headers of a dead letter: how many bytes (or headers) of the original no message could carry. Compressed
batches can hold more than 1 MiB; the original stays at its origin as long as its topic keeps it."""
MAX_VALUE = 1024 * 1024

JOURNALS = {
    "operator": "operator-journal",
    "staff": "staff-journal",
    "person": "notice-journal",
    "topic": "operator-journal",
}
"""Whose log → the journal it is a part of."""


def headers_of(pairs: Iterable[tuple[str, bytes | None]] | None) -> dict[str, bytes]:
    """Kafka's headers as a mapping: of equal names the last counts (as Kafka's `lastHeader`), null is absent."""
    return {name: content for name, content in dict(pairs).items() if content is not None} if pairs else {}


def journaled(entry: Entry, record: Record) -> Output:
    """The entry of a journal for an accepted public record: value and headers as its sender wrote them, and ours."""
    subject, name = record.log
    headers = [(header, content) for header, content in entry.headers.items() if not header.startswith(OURS)]
    headers.append((ENTRY, Sort.RECORD.encode()))
    headers.append((ORIGIN, f"{entry.topic}/{entry.partition}/{entry.offset}".encode()))
    headers.append((RECORDED, b"%d" % entry.timestamp))
    if entry.key is not None and len(entry.key) <= MAX_HEADER_BYTES:
        headers.append((KEY, entry.key))
    return Output(JOURNALS[subject], name.encode(), entry.value, tuple(headers))


def read_journaled(entry: Entry, goods: Collection[str]) -> Record:
    """The record in an entry that `journaled` made. Refused only if `goods` or the program changed since intake."""
    return read(entry.value, entry.headers, recorded=int(entry.headers[RECORDED]), goods=goods)


def refusal(entry: Entry, reason: Reason, message: str) -> Output:
    """The dead letter for an entry of a public topic or of a journal: original key and bytes, and why.

    For a journaled record the origin is the public record. For an internal entry (spells, samples, an alert) it is the
    entry itself. The message is shown to people who may not see personal data: it must hold no values of records.
    """
    origin, recorded, key, headers = _original(entry)
    topic, partition, offset = origin.rsplit("/", 2)
    said = (
        ("reason", reason.encode()),
        ("message", message.encode("utf-8", "replace")),
        ("origin-topic", topic.encode()),
        ("origin-partition", partition.encode()),
        ("origin-offset", offset.encode()),
        ("origin-time", format_instant(recorded).encode()),
    )
    kept = [(ORIGINAL + header, content) for header, content in headers.items()]
    lost = []
    value = entry.value
    if value is not None and len(value) > MAX_VALUE:
        lost.append((NOT_KEPT[0], b"%d" % len(value)))
        value = None
    if key is not None and len(key) > MAX_HEADER_BYTES:
        lost.append((NOT_KEPT[1], b"%d" % len(key)))
        key = None
    if sum(len(header) + len(content) for header, content in kept) > 2 * MAX_HEADER_BYTES:
        lost.append((NOT_KEPT[2], b"%d" % len(kept)))  # with a prefix on each, the letter might not fit
        kept = []
    if key is None and value is None:  # which Kafka may carry, and aiokafka refuses to write
        lost.extend([] if lost else [(NOT_KEPT[0], b"0")])
        value = b""
    return Output(DEAD_LETTERS, key, value, (*said, *lost, *kept))


def _original(entry: Entry) -> tuple[str, int, bytes | None, Mapping[str, bytes]]:
    """Origin, append time, key and headers of the message as it came from outside."""
    if entry.topic not in PUBLIC_TOPICS and entry.headers.get(ENTRY) == Sort.RECORD.encode():
        headers = {name: content for name, content in entry.headers.items() if not name.startswith(OURS)}
        origin = entry.headers[ORIGIN].decode()
        return origin, int(entry.headers[RECORDED]), entry.headers.get(KEY), headers
    return f"{entry.topic}/{entry.partition}/{entry.offset}", entry.timestamp, entry.key, entry.headers
