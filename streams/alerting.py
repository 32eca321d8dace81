"""From a change of an alert to the messages that say it: on `alerts` or `alerts-private`, and to routing's journal."""

from __future__ import annotations

import orjson

from schemas.alerts import PRIVATE, SEVERITY, Alert, AsOf, Kind, Place, Reference, Severity
from schemas.times import format_instant
from streams.facts import Fact
from streams.machine import ENTRY, Output, Sort
from streams.sentences import ending, sentence
from streams.standing import Case, Change, Trigger

OPERATOR_NAME = "lianfang-operator-name"
"""Header of an alert on `notice-journal`: the operator's registered name, UTF-8, empty if it has none."""
MOST_REFERENCES = 20


def say(  # noqa: PLR0913 - an alert is made of just these
    change: Change,
    case: Case | None,
    trigger: Trigger,
    *,
    kind: Kind,
    operator: str,
    subject: str,
    basis: str,
    name: str,
    last_tick: int | None,
    journal_partition: int,
    alert_partition: int | None,
    drill: bool,
) -> tuple[Output, Output]:
    """The two messages of one change. `alert_partition` None: where the key of the operator goes."""
    said = change.said
    who = name or operator
    text = (
        sentence(kind, who, subject, said.detail, said.since)
        if change.resolved_by is None
        else ending(kind, who, subject, change.resolved_by)
    )
    alert = Alert(
        id=said.id,
        kind=kind,
        severity=SEVERITY.get(kind, Severity.WARNING),
        operator=operator,
        subject=subject,
        status="firing" if said.firing else "resolved",
        episode=said.episode,
        revision=said.revision,
        since=format_instant(said.since),
        changed_at=format_instant(trigger.at),
        resolved_by=change.resolved_by,
        place=Place(*said.place) if said.place else None,
        detail=said.detail,
        as_of=AsOf(None if last_tick is None else format_instant(last_tick), journal_partition, trigger.offset),
        because=_references(case, trigger),
        basis=basis,
        text=text,
        drill=drill,
    )
    value = orjson.dumps(alert)
    key = said.id.encode()
    topic = "alerts-private" if kind in PRIVATE else "alerts"
    told = ((ENTRY, Sort.ALERT.encode()), (OPERATOR_NAME, name.encode()))
    return Output(topic, key, value, partition=alert_partition), Output("notice-journal", key, value, told)


def _references(case: Case | None, trigger: Trigger) -> list[Reference]:
    """The records it rests on, oldest first; for one that ended without any, the record that ended it."""
    facts: list[Fact] = sorted(case.facts, key=lambda fact: fact.in_time) if case else []
    if not facts and trigger.fact is not None:
        facts = [trigger.fact]
    return [Reference(item.source, item.id, item.type, format_instant(item.time)) for item in facts[:MOST_REFERENCES]]
