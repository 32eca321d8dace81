"""How long it took until people knew, and how many messages each got. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.demo.ledger.episodes import Episode, Judgement
from connectors.demo.ledger.evidence import PUBLISHED, Evidence, OnPhone
from connectors.demo.ledger.people import People
from connectors.demo.truth import Planted
from schemas.alerts import SEVERITY, Kind, Severity
from schemas.times import MINUTE, date_of

AT_ONCE = frozenset({Kind.POSITIVE, Kind.STAFF_POSITIVE, Kind.UNCODED_GOODS})


@dataclass(frozen=True, slots=True)
class Spread:
    """Number, median, p95 and greatest of some values."""

    n: int
    p50: float
    p95: float
    most: float


def spread(values: Iterable[float]) -> Spread:
    """Of nothing: zeros."""
    ordered = sorted(values)
    if not ordered:
        return Spread(0, 0.0, 0.0, 0.0)
    n = len(ordered)
    return Spread(n, ordered[(n - 1) // 2], ordered[min(n - 1, int(0.95 * n))], ordered[-1])


def a_day_of(evidence: Evidence, people: People) -> dict[str, Spread]:
    """Messages for each person on each day on which there was one, by role, and under `all`."""
    counts: Counter[tuple[str, str]] = Counter()
    for phone in evidence.phones:
        notice = evidence.notices.get(phone.notice)
        if notice is not None:
            counts[notice["recipient"], date_of(phone.at)] += 1
    roles: dict[str, list[float]] = defaultdict(list)
    for (person, _), number in counts.items():
        roles[people.role(person) or "unknown"].append(number)
        roles["all"].append(number)
    return {role: spread(numbers) for role, numbers in sorted(roles.items())}


def delays_of(evidence: Evidence, judgement: Judgement, alerts: Sequence[Mapping[str, Any]]) -> dict[str, Spread]:
    """At once: wall milliseconds from publishing to the alert and to the first phone. With a tick: simulated minutes
    from the due to the alert, and to the first phone; digests apart.
    """
    phones = _first_phones(evidence)
    published = _published(evidence)
    causes = {(alert["id"], alert["episode"]): alert.get("because") or [] for alert in reversed(alerts)}
    found: dict[str, list[float]] = defaultdict(list)
    for planted, episode in judgement.pairs:
        phone = phones.get((episode.alert, episode.name[3]))
        if Kind(planted.kind) in AT_ONCE:
            sent = _sent(causes.get((episode.alert, episode.name[3]), []), published)
            if sent is not None:
                found["at once: published → alert, ms"].append(max(episode.appended - sent, 0))
                if phone is not None:
                    found["at once: published → on a phone, ms"].append(max(phone.wall - sent, 0))
        else:
            _due(found, planted, episode, phone)
    return {name: spread(values) for name, values in sorted(found.items())}


def _due(found: dict[str, list[float]], planted: Planted, episode: Episode, phone: OnPhone | None) -> None:
    found["due → alert, simulated min"].append((episode.began - planted.begins) / MINUTE)
    if phone is not None:
        digest = SEVERITY.get(Kind(planted.kind)) is Severity.INFO
        name = "due → in the daily digest, simulated min" if digest else "due → on a phone, simulated min"
        found[name].append((phone.at - planted.begins) / MINUTE)


def _first_phones(evidence: Evidence) -> dict[tuple[str, int], OnPhone]:
    """The first message on any phone about each episode."""
    first: dict[tuple[str, int], OnPhone] = {}
    for phone in evidence.phones:
        for about in evidence.notices.get(phone.notice, {}).get("about", ()):
            first.setdefault((about["alert"], about["episode"]), phone)
    return first


def _published(evidence: Evidence) -> dict[tuple[str, str], int]:
    """When each record was first published, wall milliseconds: by its source and id."""
    times: dict[tuple[str, str], int] = {}
    for seen in evidence.public:
        if PUBLISHED in seen.headers:
            event = orjson.loads(seen.value or b"{}")
            times.setdefault((str(event.get("source")), str(event.get("id"))), int(seen.headers[PUBLISHED]))
    return times


def _sent(because: Sequence[Mapping[str, Any]], published: Mapping[tuple[str, str], int]) -> int | None:
    """When the last of the records was published that an alert rests on."""
    times = [published[one["source"], one["id"]] for one in because if (one["source"], one["id"]) in published]
    return max(times, default=None)
