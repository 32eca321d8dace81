"""Alert messages put together into episodes, and episodes held against the truth. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.demo.truth import Planted
from schemas.times import parse_instant

Name = tuple[str, str, str, int]
"""kind, operator ("" for none), subject, number of the episode from 1."""


@dataclass(slots=True)
class Episode:
    """One episode of one alert, as the messages on the alert topics tell it."""

    name: Name
    alert: str
    began: int
    ended: int | None = None
    appended: int = 0  # when the message with which it began was seen, wall milliseconds
    place_begun: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """All episodes, and how many messages repeated a revision that had been sent before."""

    episodes: dict[Name, Episode] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)  # ids of alerts
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Episodes beside the truth."""

    pairs: list[tuple[Planted, Episode]]
    missed: list[Planted]
    false: list[Episode]
    unended: list[tuple[Planted, Episode]]  # ended though it should stand, or the other way round


def gather(messages: Iterable[tuple[Mapping[str, Any], int]]) -> Told:
    """Episodes from alert messages, each with its append time, in the order of each alert's partition."""
    told = Told()
    revisions: dict[str, int] = defaultdict(int)
    for alert, appended in messages:
        told.messages += 1
        if alert["revision"] <= revisions[alert["id"]]:
            told.repeated.append(alert["id"])
            continue
        revisions[alert["id"]] = alert["revision"]
        name = (alert["kind"], alert["operator"] or "", alert["subject"], alert["episode"])
        changed = parse_instant(alert["changed_at"])
        episode = told.episodes.get(name)
        if episode is None:
            place = alert.get("place") or {}
            episode = told.episodes[name] = Episode(name, alert["id"], changed, appended=appended, place_begun=place)
        episode.ended = changed if alert["status"] == "resolved" else None
    return told


def judge(episodes: Mapping[Name, Episode], truth: Iterable[Planted]) -> Judgement:
    """Pair the nth planted episode of an alert with its nth told one."""
    planted: dict[tuple[str, str, str], list[Planted]] = defaultdict(list)
    for one in truth:
        planted[one.kind, one.operator, one.subject].append(one)
    pairs, missed = [], []
    expected: set[Name] = set()
    for key, ones in planted.items():
        for number, one in enumerate(sorted(ones, key=lambda one: one.begins), 1):
            name = (*key, number)
            expected.add(name)
            episode = episodes.get(name)
            if episode is None or episode.began < one.begins:
                missed.append(one)  # told before it was so is not told
            else:
                pairs.append((one, episode))
    met = {episode.name for _, episode in pairs}
    false = [episode for name, episode in episodes.items() if name not in expected or name not in met]
    unended = [(one, episode) for one, episode in pairs if (one.ends is None) != (episode.ended is None)]
    return Judgement(pairs, missed, false, unended)
