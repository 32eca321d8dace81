"""An alert with everything in it, for tests that only care about a part of it."""

from __future__ import annotations

from typing import Any

from schemas.alerts import SEVERITY, Alert, AsOf, Kind, Place, Severity, alert_id


def alert(kind: Kind = Kind.PAPERS_MISSING, operator: str = "op-1", subject: str = "lot-1", **changes: Any) -> Alert:
    """One that stands."""
    values: dict[str, Any] = {
        "id": alert_id(kind, operator, subject),
        "kind": kind,
        "severity": SEVERITY.get(kind, Severity.WARNING),
        "operator": operator,
        "subject": subject,
        "status": "firing",
        "episode": 1,
        "revision": 1,
        "since": "2022-01-20T01:00:00.000Z",
        "changed_at": "2022-01-20T01:01:00.000Z",
        "resolved_by": None,
        "place": Place("330111", "330111001", "330111001-03", "o-1"),
        "detail": {},
        "as_of": AsOf(None, 0, 0),
        "because": [],
        "basis": "",
        "text": "",
        "drill": False,
    }
    return Alert(**values | changes)
