"""What the contract promises of every history, shown on random ones: one engine, one outcome, whatever the order."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import DAY, HOUR, MINUTE, format_instant, parse_instant
from tests.properties.districts import district
from tests.properties.histories import HARDER, Shape, history
from tests.properties.oracle import messages
from tests.properties.oracle.parameters import Book
from tests.properties.pairs import by_alert
from tests.properties.product import replayed
from tests.properties.rulebooks import drawn
from tests.properties.strategies import FEW, histories
from tests.unit.replay.runs import run, state

TICKS = {"1m": MINUTE, "10m": 10 * MINUTE, "8h": 8 * HOUR, "1d": DAY}

Event = dict[str, Any]


def events(lines: list[bytes]) -> list[Event]:
    return [json.loads(line) for line in lines]


def as_lines(history: list[Event]) -> list[bytes]:
    return [json.dumps(event, ensure_ascii=False).encode() for event in history]


def standing(found: list[Event]) -> dict[str, Any]:
    """What stands at the end: since, detail and place of each alert."""
    last = {message["id"]: message for message in found}
    return {
        name: (message["since"], message["detail"], message["place"])
        for name, message in last.items()
        if message["status"] == "firing"
    }


def after(lines: list[bytes], gap: int = 0) -> int:
    return parse_instant(json.loads(lines[-1])["recordedtime"]) + gap


def look(recorded: int) -> bytes:
    """A shopper's look-up, which no rule reads: it lets the clock run on."""
    (line,) = as_lines(
        [
            {
                "specversion": "1.0",
                "id": f"look-{recorded}",
                "source": "/shopper",
                "type": "code.looked-up",
                "time": format_instant(recorded),
                "recordedtime": format_instant(recorded),
                "data": {"lot": "L9"},
            }
        ]
    )
    return line


@given(histories(), st.sampled_from(sorted(TICKS)))
@FEW
def test_the_product_says_what_the_oracle_says(lines, tick):
    assert by_alert(replayed(lines, tick=tick)) == by_alert(messages(lines, tick=TICKS[tick]))


@pytest.mark.parametrize("seed", range(len(HARDER)))
def test_of_harder_histories_too(seed):
    lines = history(7_000 + seed, replace(HARDER[seed], lines=min(HARDER[seed].lines, 100)))
    values = drawn(7_000 + seed, lines) if HARDER[seed].ruled else {}
    expected = by_alert(messages(lines, tick=8 * HOUR, book=Book.of(values)))
    assert by_alert(replayed(lines, tick="8h", values=values)) == expected


@given(histories(), st.integers(0, 10_000))
@FEW
def test_by_other_rules_too(lines, seed):
    values = drawn(seed, lines)
    assert by_alert(replayed(lines, tick="10m", values=values)) == by_alert(
        messages(lines, tick=10 * MINUTE, book=Book.of(values))
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_a_district_too(seed):
    lines = district(seed, operators=4, days=12)
    assert len(lines) > 150
    assert by_alert(replayed(lines)) == by_alert(messages(lines))


@pytest.mark.parametrize("until", ["2022-01-06T00:00:00Z", "2022-01-06T00:00:30Z", "2022-01-07T03:17:00.001Z"])
def test_until_ends_both_at_the_same_tick(until):
    lines = history(24, Shape(lines=60, days=4))
    expected = list(messages(lines, until=parse_instant(until)))
    assert by_alert(replayed(lines, until=until)) == by_alert(expected)
    assert expected != list(messages(lines))


@given(histories(), st.randoms(use_true_random=False))
@FEW
def test_records_of_one_instant_may_come_in_any_order(lines, shuffler):
    """Their *recorded* is made equal by the hour; identities are made unique, for those alone depend on the order."""
    unique: dict[tuple[str, str], Event] = {}
    for event in events(lines):
        recorded = parse_instant(event["recordedtime"]) // HOUR * HOUR
        unique.setdefault((event["source"], event["id"]), event | {"recordedtime": format_instant(recorded)})
    one = list(unique.values())
    other = list(one)
    shuffler.shuffle(other)
    other.sort(key=lambda event: event["recordedtime"])
    assert standing(replayed(as_lines(one), tick="10m")) == standing(replayed(as_lines(other), tick="10m"))


@given(histories(), st.floats(0, 1))
@FEW
def test_a_repeated_prefix_changes_nothing(lines, part):
    end = after(lines)
    prefix = events(lines)[: int(len(lines) * part)]
    # a record that was refused as of the future would be a new one if it came again
    again = [event | {"recordedtime": format_instant(end)} for event in prefix if _accepted(event)]
    repeated = [*lines, *as_lines(again), look(end)]
    assert by_alert(replayed(repeated, tick="10m")) == by_alert(replayed([*lines, look(end)], tick="10m"))


def _accepted(event: Event) -> bool:
    return bool(parse_instant(event["time"]) <= parse_instant(event["recordedtime"]) + 10 * MINUTE)


@given(histories(), histories(), st.integers(0, 10_000))
@FEW
def test_a_record_and_its_void_leave_no_trace_but_the_resolved_alert(lines, others, seed):
    chosen = random.Random(seed)
    place = chosen.randrange(len(lines))
    recorded = json.loads(lines[place])["recordedtime"]
    facts = [event for event in events(others) if event["type"] != "record.voided"]
    extra = chosen.choice(facts or events([look(0)])) | {"id": "extra", "recordedtime": recorded}
    extra.pop("replaces", None)
    named = extra["data"]
    whose = {"operator": named["operator"]} if "operator" in named else {"staff": named.get("staff", "W1")}
    void = extra | {
        "id": "void",
        "type": "record.voided",
        "time": recorded,
        "data": whose | {"source": extra["source"], "record": "extra"},
    }
    between = as_lines([extra, void]) if chosen.random() < 0.7 else as_lines([void, extra])
    with_both = [*lines[: place + 1], *between, *lines[place + 1 :]]
    assert standing(replayed(with_both, tick="10m")) == standing(replayed(lines, tick="10m"))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_rebuild_from_the_journal_gives_the_same_rows_and_messages(seed):
    lines = history(seed, Shape(lines=50, days=10))
    (one, said), (other, said_again) = run(lines), run(lines)
    assert said == said_again
    assert state(one.operators.rows) == state(other.operators.rows)
    assert state(one.staff.rows) == state(other.staff.rows)
