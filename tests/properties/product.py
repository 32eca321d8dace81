"""The product's answer to a history: `lianfang replay --engine pure`, in this process."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from connectors.cli import main
from tests.properties.rulebooks import Values, written


def replayed(
    lines: list[bytes], *, tick: str = "1m", until: str | None = None, values: Values | None = None
) -> list[dict[str, Any]]:
    """Every alert message, in order. RuntimeError if the command does not end well."""
    with tempfile.TemporaryDirectory() as folder:
        history, alerts = Path(folder, "history.jsonl"), Path(folder, "alerts.jsonl")
        history.write_bytes(b"\n".join(lines) + b"\n")
        words = ["replay", str(history), "--alerts", str(alerts), "--tick", tick]
        if until is not None:
            words += ["--until", until]
        if values:
            rules = Path(folder, "rules.yaml")
            rules.write_text(written(values), encoding="utf-8")
            words += ["--rules", str(rules)]
        result = CliRunner().invoke(main, words)
        if result.exit_code != 0:
            raise RuntimeError(f"exit {result.exit_code}: {result.output}") from result.exception
        return [json.loads(line) for line in alerts.read_text().splitlines()]
