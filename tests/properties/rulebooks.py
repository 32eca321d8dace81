"""Rules files with other values from some dates on, `none` too, as the product reads them and as the oracle does."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from importlib.resources import files

import yaml

from schemas.times import date_of, day_after, parse_instant
from tests.properties.oracle.parameters import LAW

Values = Mapping[str, Mapping[str, str]]
"""Parameter → date from which a value holds → the value, as a rules file writes it. Others are as by default."""

DRAWN = {
    "papers_within": ("30s", "10m", "1d", "none"),
    "upload_within": ("24h", "1h", "3d", "none"),
    "settle": ("10m", "1m", "3h", "none"),
    "skew": ("2m", "30s", "2d", "none"),
    "cutoff": ("20:00", "18:00", "23:59", "00:00", "none"),
    "silent_after": ("3", "1", "5", "none"),
    "activate_within": ("24h", "1h", "3d", "none"),
    "known_within": ("10m", "5h", "2d", "none"),
    "disinfection_by": ("09:00", "00:00", "23:30", "none", "none"),
    "test_every": ("7d", "1d", "2d", "none"),
    "first_test_within": ("24h", "1h", "none"),
    "infectious": ("14d", "1d", "7d", "none"),
    "day_kept": ("7d", "1d", "2d", "10d", "9h", "none", "none"),
    "incident_kept": ("30d", "1d", "5d", "none"),
    "condition_kept": ("90d", "1d", "3d", "none"),
}


def drawn(seed: int, lines: list[bytes]) -> Values:
    """Some parameters with one to three changes in the days around the history's first."""
    chosen = random.Random(f"rules {seed}")
    first = date_of(parse_instant(json.loads(lines[0])["recordedtime"]))
    values: dict[str, dict[str, str]] = {}
    for name, texts in DRAWN.items():
        if chosen.random() < (0.8 if name in ("disinfection_by", "day_kept") else 0.3):
            days = sorted(chosen.sample(range(-3, 14), chosen.choice((1, 1, 2, 3))))
            values[name] = {LAW: chosen.choice((texts[0], *texts))} | {
                day_after(first, day): chosen.choice(texts) for day in days if day_after(first, day) > LAW
            }
    return values


def written(values: Values) -> str:
    """The rules file."""
    tree = yaml.load(files("streams").joinpath("rules.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506
    for name, dated in values.items():
        tree["parameters"][name] = [{"from": day, "value": dated[day], "basis": "b"} for day in sorted(dated)]
    return yaml.safe_dump(tree, allow_unicode=True)
