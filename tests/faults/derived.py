"""What the pure engine makes of the journals as they lie, held against what workers wrote, byte for byte: rows, alert
messages, and what each machine sends to the next journal. Says every difference in words.

Every topic of READ must have been read whole, and nothing may be under way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connectors.journal.replaying import STATE
from schemas.envelope import PUBLIC_TOPICS
from schemas.notices import Outcome, decode_receipt
from streams.context import Context
from streams.engine.partitioner import partition_of
from streams.engine.position import KEY, Position
from streams.machine import ENTRY, Entry, Output, Sort
from streams.replay.journal import JOURNALS, CannotGoOn, Worked
from tests.faults import ledger
from tests.faults.ledger import ALERTS, Message, Place, Topics

READ = (*ledger.READ, "notices", "receipts", "feeds")
"""What has to be read."""
SENT = (*JOURNALS, "notices", "receipts", "feeds", "dead-letters")
"""Where machines send, beside alerts."""
Line = tuple[str, int, bytes | None]
"""Topic, partition and key: messages of one line have an order."""
Told = tuple[bytes | None, tuple[tuple[str, bytes], ...]]
"""Value and headers of one message."""


@dataclass
class Derived:
    """What the machines make of public topics and journals. `sent`: by source, messages in order."""

    partitions: dict[str, int]
    rows: dict[Place, dict[bytes, bytes]] = field(default_factory=dict)
    ticks: dict[Place, int | None] = field(default_factory=dict)
    alerts: dict[Line, list[Told]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[Line, dict[Place, list[Told]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    wrong: list[str] = field(default_factory=list)


def derive(topics: Topics, context: Context) -> Derived:
    """Run every machine over its partitions."""
    derived = Derived(Counter(topic for topic, _ in topics))
    for place in sorted(topics):
        if place[0] not in (*PUBLIC_TOPICS, *JOURNALS):
            continue
        worked = Worked(*place, context)
        try:
            for entry in _entries(place, topics[place]):
                for output in worked.take(entry):
                    _note(derived, place, output)
        except CannotGoOn as error:
            derived.wrong.append(f"no machine can pass {error}")
        worked.settle()
        if place[0] in JOURNALS:
            derived.rows[STATE[place[0]], place[1]] = worked.rows
            derived.ticks[STATE[place[0]], place[1]] = worked.tick
    return derived


def derived_differences(topics: Topics, context: Context, *, repeats: bool = False) -> list[str]:
    """Every difference, in words; none: what lies there is what follows from the journals.

    `repeats`: the broker has no transactions, so a message may lie there again after a crash, byte for byte the same.
    """
    derived = derive(topics, context)
    found = _found(topics, repeats=repeats)
    return [
        *derived.wrong,
        *_rows(derived, topics),
        *_alerts(derived, found, repeats=repeats),
        *_sent(derived, found, repeats=repeats),
    ]


def _entries(place: Place, messages: Sequence[Message]) -> Iterator[Entry]:
    for message in messages:
        yield Entry(*place, message.offset, message.timestamp, message.key, message.value, message.headers)


def _note(derived: Derived, place: Place, output: Output) -> None:
    told = output.value, output.headers
    number = output.partition
    if number is None and output.key is not None:
        number = partition_of(output.key, derived.partitions[output.topic])
    line = output.topic, -1 if number is None else number, output.key  # without key the producer chooses
    if output.topic in ALERTS:
        derived.alerts[line].append(told)
    else:
        derived.sent[line][place].append(told)


def _found(topics: Topics, *, repeats: bool) -> dict[Line, list[Told]]:
    """What lies on the topics that machines write, line by line; not what others write there."""
    found: dict[Line, list[Told]] = defaultdict(list)
    for (topic, number), messages in sorted(topics.items()):
        for message in messages if topic in (*ALERTS, *SENT) else ():
            if not _foreign(topic, message):
                line = topic, number if message.key is not None else -1, message.key
                found[line].append((message.value, tuple(message.headers.items())))
    return {line: list(dict.fromkeys(told)) if repeats else told for line, told in found.items()}


def _foreign(topic: str, message: Message) -> bool:
    """Ticks, and feeds that stand still, come from the clock; receipts but suppressed ones from bridges."""
    if topic == "receipts":
        return message.value is None or decode_receipt(message.value).outcome is not Outcome.SUPPRESSED
    return message.headers.get(ENTRY) in (Sort.TICK.encode(), Sort.FEED.encode())


def _rows(derived: Derived, topics: Topics) -> Iterator[str]:
    for (state, number), wanted in derived.rows.items():
        lying: dict[bytes, bytes] = {}
        for message in topics.get((state, number), ()):
            if message.value is None:
                lying.pop(message.key or b"", None)
            else:
                lying[message.key or b""] = message.value
        position = lying.pop(KEY, None)
        tick = Position.decode(position).tick if position is not None else None
        if tick != derived.ticks[state, number]:
            yield f"{state}-{number}: the last tick is {tick}, the journal's is {derived.ticks[state, number]}"
        for key in sorted(wanted.keys() | lying.keys()):
            if wanted.get(key) != lying.get(key):
                yield f"{state}-{number} row {key.decode()!r}: {_apart(lying.get(key), wanted.get(key))}"


def _alerts(derived: Derived, found: dict[Line, list[Told]], *, repeats: bool) -> Iterator[str]:
    lines = {line for line in found if line[0] in ALERTS} | derived.alerts.keys()
    for line in sorted(lines, key=str):
        wanted, lying = derived.alerts.get(line, []), found.get(line, [])
        wanted = list(dict.fromkeys(wanted)) if repeats else wanted
        if len(wanted) != len(lying):
            yield f"{_name(line)}: {len(lying)} messages, {len(wanted)} follow from the journal"
        for number, (one, other) in enumerate(zip(lying, wanted, strict=False), 1):
            if one != other:
                yield f"{_name(line)} message {number}: {_apart(one[0], other[0])}"


def _sent(derived: Derived, found: dict[Line, list[Told]], *, repeats: bool) -> Iterator[str]:
    lines = {line for line in found if line[0] in SENT} | derived.sent.keys()
    for line in sorted(lines, key=str):
        sources, lying = derived.sent.get(line, {}), found.get(line, [])
        wanted = [told for several in sources.values() for told in several]
        if repeats:  # of an entry that lies twice in one journal the same follows twice
            wanted = list(dict.fromkeys(wanted))
        lacking, more = Counter(wanted) - Counter(lying), Counter(lying) - Counter(wanted)
        yield from (f"{_name(line)}: {times} times not there: {told!r}" for told, times in lacking.items())
        yield from (f"{_name(line)}: {times} times too often: {told!r}" for told, times in more.items())
        if line[1] >= 0 and not (lacking or more or repeats):
            yield from (
                f"{_name(line)}: what {'-'.join(map(str, source))} sent lies in another order"
                for source, several in sources.items()
                if not _in_order(several, lying)
            )


def _in_order(several: Sequence[Told], lying: Sequence[Told]) -> bool:
    rest = iter(lying)
    return all(told in rest for told in several)


def _apart(lying: bytes | None, wanted: bytes | None) -> str:
    """Two values from where they differ on."""
    if lying is None or wanted is None:
        return f"{'not there' if lying is None else f'there is {lying!r}'}, {wanted!r} follows from the journal"
    at = next((n for n, (a, b) in enumerate(zip(lying, wanted, strict=False)) if a != b), min(len(lying), len(wanted)))
    begin = max(0, at - 40)
    return f"from byte {at} on …{lying[begin : at + 80]!r}, from the journal …{wanted[begin : at + 80]!r}"


def _name(line: Line) -> str:
    topic, number, key = line
    return f"{topic}-{number} {'without key' if key is None else key.decode('utf-8', 'replace')}"
