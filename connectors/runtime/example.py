"""Records to try a running system with, so that a phone really shows something: a shop with its owner and its officer,
then a sale without a code. Not a demonstration of the rules; that is `lianfang demo`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson

OPERATOR, OFFICE = "EXAMPLE-1", "EXAMPLE-S1"


def write(folder: Path, county: str) -> list[Path]:
    """Two files in the order in which they are to be sent. Recorded now, each time under other identities."""
    now = time.gmtime()
    place = {"county": county, "town": "EXAMPLE-T1", "grid": "EXAMPLE-G1", "office": OFFICE}
    shop = {"operator": OPERATOR, "name": "示例水果店", "activated": True, "trades": True, "status": "active"}
    people: list[tuple[str, dict[str, Any]]] = [
        ("operator.registered", shop | place),
        ("person.assigned", _person("owner", "店主", operators=[OPERATOR])),
        ("person.assigned", _person("officer", "执法人员", offices=[OFFICE])),
    ]
    sale: list[tuple[str, dict[str, Any]]] = [("goods.sold", {"operator": OPERATOR})]
    written = []
    for name, records in (("people.jsonl", people), ("sale.jsonl", sale)):
        lines = [
            {
                "specversion": "1.0", "id": f"{name}-{number}-{time.strftime('%H%M%S', now)}", "source": "/by-hand",
                "type": kind, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", now), "data": data,
            }
            for number, (kind, data) in enumerate(records, 1)
        ]  # fmt: skip
        path = folder / name
        path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        written.append(path)
    return written


def _person(role: str, name: str, **area: list[str]) -> dict[str, Any]:
    channels = [{"kind": "wecom-robot", "address": f"example-{role}"}]
    return {"person": f"EXAMPLE-{role}", "name": name, "role": role, "channels": channels, **area}
