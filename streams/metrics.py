"""Every metric of every process: name, type, help and labels, defined here and nowhere else.

Flows import the metric they move (`metrics.ALERTS.labels(kind=…, change=…).inc()`); `streams.health` serves `REGISTRY`.
Labels with a vocabulary are closed: what is not in it becomes `unknown`, so that a careless sender can't make a million
time series. Durations are seconds, sizes bytes. Not for figures of the domain: those are views.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from schemas.alerts import Kind
from schemas.envelope import PUBLIC_TOPICS, TYPES
from schemas.notices import Outcome
from schemas.reasons import Reason, Verdict
from schemas.registry import ChannelKind

PREFIX = "lianfang_"
UNKNOWN = "unknown"
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)


class Change(StrEnum):
    """What an alert message says: the episode began, it stands in another form, it ended."""

    BEGUN = "begun"
    REVISED = "revised"
    RESOLVED = "resolved"


FLOWS = ("intake", "staff", "operators", "routing", "wecom", "sms", "views", "clock")
"""Who reads: the flows of a worker, the bridges by channel, views, clock."""
HOLDERS = ("none", "intake", "operators", "staff", "routing", "feed", "broker")
"""What the clock may wait for: a flow, a holding feed, the broker itself."""
INTERNAL_TOPICS = ("operator-journal", "staff-journal", "notice-journal", "notices")
TICKS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)
"""Buckets of delays: half a second and two seconds are what we promise, two hours is the law's."""

Vocabulary = Iterable[str] | None


class _Closed:
    """The labels of one metric; a vocabulary of None is open (partitions: as many as the broker has)."""

    def __init__(self, labels: dict[str, Vocabulary]) -> None:
        self.names = tuple(labels)
        self._words = {name: None if words is None else frozenset(map(str, words)) for name, words in labels.items()}

    def values(self, given: dict[str, object]) -> list[str]:
        """Label values in order, strangers replaced. KeyError for a label that is missing."""
        return [self._value(name, given[name]) for name in self.names]

    def all(self) -> itertools.product[tuple[str, ...]]:
        """Every combination of closed words."""
        return itertools.product(*(sorted(self._words[name] or ()) for name in self.names))

    def _value(self, name: str, value: object) -> str:
        words, text = self._words[name], str(value)
        return text if words is None or text in words else UNKNOWN


class Count(_Closed):
    """A counter. `preset` shows every combination as 0 from the start, so that a first event is a visible step."""

    def __init__(self, name: str, text: str, *, preset: bool = False, **labels: Vocabulary) -> None:
        super().__init__(labels)
        self.metric = Counter(PREFIX + name, text, self.names, registry=REGISTRY)
        self._known: dict[tuple[object, ...], Counter] = {}
        for combination in self.all() if preset else ():
            self.metric.labels(*combination)

    def labels(self, **given: object) -> Counter:
        """The counter under these labels."""
        return self.metric.labels(*self.values(given)) if self.names else self.metric

    def at(self, *given: object) -> Counter:
        """The same by the labels' order, and remembered: for what is counted with each record."""
        known = self._known.get(given)
        if known is None:
            known = self._known[given] = self.labels(**dict(zip(self.names, given, strict=True)))
        return known


class Level(_Closed):
    """A gauge: what is so now."""

    def __init__(self, name: str, text: str, **labels: Vocabulary) -> None:
        super().__init__(labels)
        self.metric = Gauge(PREFIX + name, text, self.names, registry=REGISTRY)

    def labels(self, **given: object) -> Gauge:
        """The gauge under these labels."""
        return self.metric.labels(*self.values(given)) if self.names else self.metric

    def forget(self, **given: object) -> None:
        """No longer ours to tell (a partition that was revoked); no error if it was never told."""
        self.metric.remove_by_labels(dict(zip(self.names, self.values(given), strict=True)))


class Delay(_Closed):
    """A histogram of seconds."""

    def __init__(self, name: str, text: str, **labels: Vocabulary) -> None:
        super().__init__(labels)
        self.metric = Histogram(PREFIX + name, text, self.names, registry=REGISTRY, buckets=TICKS)

    def labels(self, **given: object) -> Histogram:
        """The histogram under these labels."""
        return self.metric.labels(*self.values(given)) if self.names else self.metric


RECORDS = Count(
    "records_total",
    "Records of the public topics by what became of them at intake or in their journal.",
    topic=(*PUBLIC_TOPICS, *INTERNAL_TOPICS),
    type=TYPES,
    verdict=Verdict,
)
LEDGER = Count(
    "ledger_total",
    "Records in by partition, and what became of them: in = applied + refused + duplicate + left to the next owner.",
    topic=(*PUBLIC_TOPICS, *INTERNAL_TOPICS),
    partition=None,
    verdict=("in", *Verdict, "left"),
)
DEAD_LETTERS = Count("dead_letters_total", "Messages written to dead-letters.", preset=True, reason=Reason)
ALERTS = Count("alerts_total", "Changes of alerts that were published.", preset=True, kind=Kind, change=Change)
NOTICES = Count("notices_total", "Notices by channel and outcome.", preset=True, channel=ChannelKind, outcome=Outcome)
TRANSACTIONS = Count("transactions_total", "Units of work committed to Kafka.", flow=FLOWS)

ALERT_DELAY = Delay(
    "alert_delay_seconds", "From the append of the record (or the tick) to its alert being committed.", kind=Kind
)
NOTICE_DELAY = Delay(
    "notice_delay_seconds", "From the alert's change to the provider accepting the notice.", channel=ChannelKind
)

CLOCK_BEHIND = Level("clock_behind_seconds", "How far the last tick is behind the broker's clock.")
CLOCK_HELD = Level("clock_held", "1 for what the clock waits for now, 0 for all else.", by=HOLDERS)
CLOCK_HELD_FOR = Level("clock_held_seconds", "For how long the clock has been waiting for that.")
FEED_BEHIND = Level("feed_behind_seconds", "How far a holding feed is behind the broker's clock.", feed=None)
LAG = Level("lag_records", "Records not yet committed past, by flow and partition.", flow=FLOWS, partition=None)
ROWS = Level("rows", "Rows of state held.", flow=FLOWS, partition=None)
ROW_BYTES = Level("row_bytes", "Bytes of encoded rows and keys.", flow=FLOWS, partition=None)
UP = Level("ready", "1 when this process owns its partitions and has recovered their state.")


def clock_held(by: str | None) -> None:
    """Say what the clock waits for: one of HOLDERS, None for nothing."""
    for holder in HOLDERS:
        CLOCK_HELD.labels(by=holder).set(holder == (by or "none"))


def forget_partition(flow: str, partition: int | str) -> None:
    """A partition was revoked: its gauges are another worker's to tell from now on."""
    for level in (LAG, ROWS, ROW_BYTES):
        level.forget(flow=flow, partition=partition)


clock_held(None)
