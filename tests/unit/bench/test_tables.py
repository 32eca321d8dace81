"""Rows of the table: medians with least and most, ours against the others round by round, and when a goal is missed."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bench import latency, loads
from bench.latency import Phase
from bench.peers import table
from bench.peers.race import Run


def runs(*speeds: float, check: str = "right") -> list[Run | None]:
    return [Run(speed, 2 * speed, 1.0, check) for speed in speeds]


@pytest.fixture
def found():
    return defaultdict(list, {
        "ours": runs(40_000, 42_000, 38_000), "stock": runs(1000, 1000, 1000), "quix": runs(20_000, 21_000, 30_000),
        "bare": runs(50_000, 60_000, 55_000), "streams": runs(39_000, 50_000, 41_000), "ours ×2": runs(60_000),
        "streams ×2": runs(50_000), "bare ×2": [None], "path": runs(4000),
    })  # fmt: skip


def by_title(found) -> dict[str, dict]:
    return {row["what"].removeprefix("same job, "): row for row in table._rows(found, 1000, 10)}


def test_a_figure_is_the_median_with_least_and_most(found):
    assert by_title(found)["this engine"]["records/s"] == "40,000 (38,000–42,000)"
    assert by_title(found)["two workers: this engine"]["records/s"] == "60,000"


def test_ratios_are_of_the_same_round(found):
    rows = by_title(found)
    assert rows["Quix Streams 3, exactly-once"]["ours against it"] == "2.00 (1.27–2.00)"
    assert rows["two workers: Kafka Streams, exactly_once_v2"]["ours against it"] == "1.20"


def test_a_goal_is_missed_by_the_median(found):
    missed = {title for title, row in by_title(found).items() if row.get("missed")}
    assert missed == {"Kafka Streams, exactly_once_v2"}


def test_who_came_to_no_end_leaves_the_others_their_figures(found):
    found["ours"][1] = None
    rows = by_title(found)
    assert rows["this engine"]["came to no end"] == 1
    assert rows["this engine"]["missed"]
    assert rows["Quix Streams 3, exactly-once"]["ours against it"] == "1.63 (1.27–2.00)"
    assert rows["two workers: bare aiokafka + orjson loop"]["records/s"] == "came to no end"


def test_a_wrong_result_is_said_and_is_a_missed_goal_only_of_ours(found):
    found["stock"] = runs(1000, 1000, 1000, check="3 alerts lost")
    assert by_title(found)["stock Faust agent with a Table"]["result"] == "3 alerts lost"
    found["ours"] = runs(40_000, check="1 rows wrong")
    assert by_title(found)["this engine"]["missed"]


def phases(ours: float, streams: float, asked: int = 100) -> list[Phase]:
    made = []
    for rate in latency.RATES:
        made.append(Phase(loads.Ours.name, rate, [ours] * 100, [2.0] * 10, asked))
        made.append(Phase(loads.Streams.name, rate, [streams] * 100, [2.0] * 10, 100))
    return made


def at_the_goal(phases: list[Phase]) -> dict:
    return next(row for row in latency._rows(phases) if "goal" in row)


def test_latency_is_beside_a_hop_and_kafka_streams():
    row = at_the_goal(phases(50.0, 200.0))
    assert (row["p50"], row["p99.9"], row["× hop"], row["of Kafka Streams'"]) == (50.0, 50.0, 25.0, 0.25)
    assert not row["missed"]


@pytest.mark.parametrize(("ours", "streams", "asked"), [(120.0, 200.0, 100), (60.0, 50.0, 100), (50.0, 200.0, 101)])
def test_latency_misses_its_goal_when_it_is_long_longer_than_kafka_streams_or_an_alert_is_lost(ours, streams, asked):
    assert at_the_goal(phases(ours, streams, asked))["missed"]


def test_of_which_nothing_was_heard_is_as_late_as_can_be():
    assert latency._figures([])["p50"] == 86_400_000.0
    assert latency._figures([float(number) for number in range(1000)]) == {"p50": 500.0, "p99": 990.0, "p99.9": 999.0}
