"""What became of every public record: in exactly one journal, or refused. What adds up lost nothing. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from connectors.demo.ledger.evidence import Evidence, Origin, Seen
from schemas.envelope import Refused, read
from streams.machine import ENTRY, ORIGIN, RECORDED, Sort

_OURS = "lianfang-"


@dataclass(slots=True)
class Flow:
    """What became of the records of one public topic. They add up, or something was lost."""

    published: int = 0
    applied: int = 0
    refused: int = 0
    duplicate: int = 0
    lost: int = 0
    doubled: int = 0  # journaled more than once


def flows_of(evidence: Evidence, goods: set[str]) -> dict[str, Flow]:
    """By topic."""
    journaled: Counter[Origin] = Counter()
    duplicates: set[Origin] = set()
    known: dict[tuple[tuple[str, str], str, str], str] = {}
    for seen in evidence.journals:
        if seen.headers.get(ENTRY) != Sort.RECORD.encode():
            continue
        origin = _origin(seen.headers[ORIGIN].decode())
        journaled[origin] += 1
        if journaled[origin] == 1 and _is_known(seen, goods, known):
            duplicates.add(origin)
    refused = {_letter(seen) for seen in evidence.letters}
    flows: dict[str, Flow] = defaultdict(Flow)
    for seen in evidence.public:
        flow, origin = flows[seen.topic], (seen.topic, seen.partition, seen.offset)
        flow.published += 1
        flow.refused += origin in refused
        flow.duplicate += origin in duplicates and origin not in refused
        flow.applied += origin in journaled and origin not in refused and origin not in duplicates
        flow.lost += origin not in journaled and origin not in refused
        flow.doubled += max(journaled[origin] - 1, 0)
    return dict(flows)


def reasons_of(evidence: Evidence) -> Counter[str]:
    """Why records were refused; a letter about the same record that came twice counts once."""
    letters = {_letter(seen): seen.headers.get("reason", b"?").decode() for seen in evidence.letters}
    return Counter(letters.values())


def _is_known(seen: Seen, goods: set[str], known: dict[tuple[tuple[str, str], str, str], str]) -> bool:
    """Whether the same record is in the same log already; notes it if not."""
    own = {name: value for name, value in seen.headers.items() if not name.startswith(_OURS)}
    try:
        record = read(seen.value, own, recorded=int(seen.headers[RECORDED]), goods=goods)
    except Refused:
        return False
    identity = (record.log, record.source, record.id)
    if identity not in known:
        known[identity] = record.digest
        return False
    return known[identity] == record.digest


def _origin(text: str) -> Origin:
    topic, partition, offset = text.rsplit("/", 2)
    return topic, int(partition), int(offset)


def _letter(seen: Seen) -> Origin:
    named = [seen.headers[f"origin-{name}"].decode() for name in ("topic", "partition", "offset")]
    return named[0], int(named[1]), int(named[2])
