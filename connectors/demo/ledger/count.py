"""The ledger's sums, from what was seen and the truth. Pure: the same evidence gives the same sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from connectors.demo.ledger.delays import Spread, a_day_of, delays_of
from connectors.demo.ledger.episodes import Judgement, Told, gather, judge
from connectors.demo.ledger.evidence import Evidence
from connectors.demo.ledger.flows import Flow, flows_of, reasons_of
from connectors.demo.ledger.people import People
from connectors.demo.truth import Planted
from schemas.alerts import Kind
from schemas.notices import Change
from schemas.registry import Role
from schemas.times import format_instant

MOST_A_DAY = 8
"""Messages for a grid worker on a day, at p95: more than that and people stop reading."""
RESENT = "重发"
_ACCEPTED = frozenset({"accepted", "delivered"})
_STEPS = ("queued", "submitted", "retry-later")
"""Outcomes on the way; the rest are ends."""

Heard = dict[tuple[str, str, int], set[str]]
"""Person, alert, number of the episode → notices that told of its begin and were accepted."""


@dataclass(slots=True)
class Row:
    """One kind's line of the ledger."""

    planted: int = 0
    told: int = 0
    missed: int = 0
    false: int = 0
    ended: int = 0


@dataclass(slots=True)
class Sums:
    """The ledger. The lists hold a line of words for each thing that is wrong."""

    flows: dict[str, Flow]
    reasons: dict[str, int]
    kinds: dict[str, Row]
    missed: list[str]
    false: list[str]
    doubled: list[str]
    ends: list[str]  # episodes that ended and should not have, or the other way round
    messages: int
    alerts: int
    outcomes: dict[str, int]
    a_day: dict[str, Spread] = field(default_factory=dict)
    delays: dict[str, Spread] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Public records of which nothing knows."""
        return sum(flow.lost for flow in self.flows.values())

    @property
    def wrong(self) -> list[str]:
        """What is wrong, in words; nothing if the ledger is clean."""
        counts = {
            "records lost": self.lost,
            "records journaled twice": sum(flow.doubled for flow in self.flows.values()),
            "missed": len(self.missed),
            "false": len(self.false),
            "doubled": len(self.doubled),
            "ends wrong": len(self.ends),
        }
        words = [f"{name}: {number}" for name, number in counts.items() if number]
        load = self.a_day.get(Role.GRID_WORKER)
        if load is not None and load.p95 > MOST_A_DAY:
            words.append(f"a grid worker gets {load.p95:g} messages a day at p95, more than {MOST_A_DAY}")
        return words


def count(evidence: Evidence, truth: Iterable[Planted], goods: set[str], county: str) -> Sums:
    """All sums. `goods`: the classes of the rules file; `county`: whose desk hears of what has no place."""
    messages = [(orjson.loads(seen.value or b"{}"), seen.wall) for seen in evidence.alerts]
    told = gather(messages)
    judgement = judge(told.episodes, truth)
    people, heard = people_of(evidence, county), _heard(evidence)
    untold = _untold(judgement, people, heard)
    return Sums(
        flows=flows_of(evidence, goods),
        reasons=dict(reasons_of(evidence)),
        kinds=_kinds(judgement, {id(planted) for planted, _ in untold}),
        missed=[words(one) for one in judgement.missed] + [line for _, line in untold],
        false=[f"{' '.join(map(str, one.name))} at {format_instant(one.began)}" for one in judgement.false],
        doubled=_doubled(evidence, told, heard),
        ends=[words(planted) for planted, _ in judgement.unended],
        messages=len(evidence.phones),
        alerts=told.messages,
        outcomes=dict(Counter(_outcomes(evidence).values()).most_common()),
        a_day=a_day_of(evidence, people),
        delays=delays_of(evidence, judgement, [alert for alert, _ in messages]),
    )


def words(planted: Planted) -> str:
    """A planted gap as one line."""
    return f"{planted.kind} {planted.operator} {planted.subject}, due {format_instant(planted.begins)}: {planted.why}"


def people_of(evidence: Evidence, county: str) -> People:
    """Everyone, by the registry's records."""
    people = People(county)
    for seen in evidence.public:
        if seen.topic == "registry":
            people.hear(orjson.loads(seen.value or b"{}"), seen.timestamp)
    return people


def _heard(evidence: Evidence) -> Heard:
    """Who was told of which begins by something that was accepted: by the phones, or, without sandbox, by receipts."""
    if evidence.sandbox:
        accepted = {phone.notice for phone in evidence.phones}
    else:
        accepted = {receipt["notice"] for receipt in evidence.receipts if receipt["outcome"] in _ACCEPTED}
    heard: Heard = defaultdict(set)  # a desk that is told for others too stands in one notice twice
    for identity, notice in evidence.notices.items():
        if identity not in accepted:
            continue
        for about in notice["about"]:
            if about["change"] in (Change.BEGINS, Change.STANDS):
                heard[notice["recipient"], about["alert"], about["episode"]].add(identity)
    return heard


def _untold(judgement: Judgement, people: People, heard: Heard) -> list[tuple[Planted, str]]:
    """Alerts that came, of which somebody concerned was not told."""
    found = []
    for planted, episode in judgement.pairs:
        concerned = people.concerned(Kind(planted.kind), planted.operator, episode.place_begun, episode.began)
        lacking = sorted(p for p in concerned if (p, episode.alert, episode.name[3]) not in heard)
        if lacking:
            found.append((planted, f"{words(planted)}; not told: {', '.join(lacking)}"))
    return found


def _doubled(evidence: Evidence, told: Told, heard: Heard) -> list[str]:
    """A revision that came twice, a begin told twice to one person, a message twice on a phone."""
    found = [f"alert {alert}: a revision came twice" for alert in told.repeated]
    for (person, alert, episode), notices in heard.items():
        if len(notices) > 1:
            found.append(f"{person} was told {len(notices)} times of the begin of {alert}, episode {episode}")
    bodies = Counter((phone.notice, phone.to, phone.body) for phone in evidence.phones if RESENT not in phone.body)
    found += [f"notice {notice}: {number} times on a phone" for (notice, _, _), number in bodies.items() if number > 1]
    return found


def _outcomes(evidence: Evidence) -> dict[str, str]:
    """The last word about every notice."""
    last: dict[str, str] = {}
    for receipt in evidence.receipts:
        if receipt["outcome"] not in _STEPS or receipt["notice"] not in last:
            last[receipt["notice"]] = receipt["outcome"]
    return last


def _kinds(judgement: Judgement, untold: set[int]) -> dict[str, Row]:
    rows: dict[str, Row] = {kind.value: Row() for kind in Kind}
    for planted, episode in judgement.pairs:
        row = rows[planted.kind]
        row.planted += 1
        row.told += id(planted) not in untold
        row.missed += id(planted) in untold
        row.ended += episode.ended is not None
    for planted in judgement.missed:
        rows[planted.kind].planted += 1
        rows[planted.kind].missed += 1
    for episode in judgement.false:
        rows[episode.name[0]].false += 1
    return rows
