"""What the durable outputs of a flow say to operations: a log line and a count for each change of an alert and for each
notice made or suppressed, and the delay of alerts.

Fed by the engine once a unit can't be lost any more, so no figure is ever ahead of the truth. Reads the messages that
were written and decides nothing. Of private kinds the log says that something changed, not about whom.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import msgspec

from schemas.notices import Outcome
from schemas.times import parse_instant
from streams import logs, metrics
from streams.machine import Output

log = logs.get(__name__)
_PUBLIC, _PRIVATE = "alerts", "alerts-private"


class _Alert(msgspec.Struct):
    id: str
    kind: str
    operator: str
    subject: str
    since: str
    status: str
    episode: int
    revision: int
    changed_at: str
    resolved_by: str | None = None


class _Notice(msgspec.Struct):
    id: str
    recipient: str
    role: str
    channel: str
    critical: bool


class _Receipt(msgspec.Struct):
    notice: str
    outcome: str
    recipient: str = ""
    reason: str | None = None
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
            if output.topic in (_PUBLIC, _PRIVATE):
                self._said(self._alert.decode(output.value), private=output.topic == _PRIVATE)
            elif output.topic == "notices":
                self._made(self._notice.decode(output.value))
            elif output.topic == "receipts":
                receipt = self._receipt.decode(output.value)
                if receipt.outcome == Outcome.SUPPRESSED:  # the others are counted by their bridges
                    self._suppressed(receipt)

    def _made(self, notice: _Notice) -> None:
        metrics.NOTICES.labels(channel=notice.channel, outcome="queued").inc()
        ids = {"notice": notice.id, "recipient": notice.recipient, "role": notice.role}
        log.info("notice", **ids, channel=notice.channel, critical=notice.critical)

    def _suppressed(self, receipt: _Receipt) -> None:
        metrics.NOTICES.labels(channel=receipt.channel or metrics.UNKNOWN, outcome=receipt.outcome).inc()
        log.warning("notice suppressed", notice=receipt.notice, recipient=receipt.recipient, reason=receipt.reason)

    def _said(self, alert: _Alert, *, private: bool) -> None:
        change = self._change(alert)
        metrics.ALERTS.labels(kind=alert.kind, change=change).inc()
        about = {} if private else {"operator": alert.operator, "subject": alert.subject, "since": alert.since}
        which = {"alert": alert.id, "kind": alert.kind, "episode": alert.episode, "revision": alert.revision}
        log.info("alert", change=str(change), reason=alert.resolved_by, **which, **about)
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
