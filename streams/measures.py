"""What the durable outputs of a flow say to the metrics: changes of alerts with their delay, notices.

Fed by the engine once a unit can't be lost any more, so a figure is never ahead of the truth. Reads the messages that
were written and decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import msgspec

from schemas.notices import Outcome
from schemas.times import parse_instant
from streams import metrics
from streams.machine import Output

_ALERTS = ("alerts", "alerts-private")


class _Alert(msgspec.Struct):
    id: str
    kind: str
    status: str
    episode: int
    revision: int
    changed_at: str


class _Notice(msgspec.Struct):
    channel: str


class _Receipt(msgspec.Struct):
    outcome: str
    channel: str | None = None


class Measures:
    """One for each process. `simulated`: times are a driver's, so delays mean nothing and are not taken."""

    def __init__(self, *, simulated: bool = False, now: Callable[[], float] = time.time) -> None:
        self._simulated, self._now = simulated, now
        self._standing: dict[str, int] = {}  # alert → the episode that stands, as far as this process saw it begin
        self._alert = msgspec.json.Decoder(_Alert)
        self._notice = msgspec.json.Decoder(_Notice)
        self._receipt = msgspec.json.Decoder(_Receipt)

    def durable(self, outputs: Iterable[Output]) -> None:
        """These messages are written and can't be lost."""
        for output in outputs:
            if output.value is None:
                continue
            if output.topic in _ALERTS:
                self._said(self._alert.decode(output.value))
            elif output.topic == "notices":
                channel = self._notice.decode(output.value).channel
                metrics.NOTICES.labels(channel=channel, outcome="queued").inc()
            elif output.topic == "receipts":
                receipt = self._receipt.decode(output.value)
                if receipt.outcome == Outcome.SUPPRESSED:  # the others are counted by their bridges
                    metrics.NOTICES.labels(channel=receipt.channel or metrics.UNKNOWN, outcome=receipt.outcome).inc()

    def _said(self, alert: _Alert) -> None:
        metrics.ALERTS.labels(kind=alert.kind, change=self._change(alert)).inc()
        if not self._simulated:
            delay = self._now() - parse_instant(alert.changed_at) / 1000
            metrics.ALERT_DELAY.labels(kind=alert.kind).observe(max(0.0, delay))  # two hosts' clocks may differ

    def _change(self, alert: _Alert) -> metrics.Change:
        """A later revision of an episode that began under another process counts as revised: only that it did not begin
        here is known."""
        if alert.status == "resolved":
            self._standing.pop(alert.id, None)
            return metrics.Change.RESOLVED
        known = self._standing.get(alert.id)
        self._standing[alert.id] = alert.episode
        fresh = alert.revision == 1 if known is None and alert.episode == 1 else known != alert.episode
        return metrics.Change.BEGUN if fresh else metrics.Change.REVISED
