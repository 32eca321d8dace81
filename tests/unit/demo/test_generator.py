"""The generator: the same seed gives the same fortnight; it looks like Fuyang; it tells of all eleven kinds."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.demo.generator import generate
from connectors.demo.generator.book import DAYS, END, FEED, STANDSTILL
from connectors.demo.generator.district import build, office_names, town_names
from connectors.demo.history import read_history, write_history
from connectors.demo.truth import Unusable, read_truth, write_truth
from schemas.alerts import Kind
from schemas.envelope import PUBLIC_TOPICS, Refused, read
from schemas.times import DAY, HOUR, MINUTE, date_of, parse_instant, start_of
from streams.parameters import Rules

SHARED = Path(__file__).parents[4] / "shared" / "data" / "fuyang-townships.csv"


@pytest.fixture(scope="module")
def fortnight():
    return generate()


def test_the_same_seed_gives_the_same_fortnight_and_another_seed_another(fortnight):
    again = generate()
    assert [line.written() for line in again.lines] == [line.written() for line in fortnight.lines]
    assert again.truth == fortnight.truth
    assert generate(seed=7).truth != fortnight.truth


def test_the_towns_are_those_of_the_bureau_of_statistics():
    with SHARED.open(encoding="utf-8") as file:
        assert town_names() == {row["code"]: row["name"] for row in csv.DictReader(file)}


def test_every_town_has_one_of_thirteen_offices_and_three_grids(fortnight):
    from random import Random

    district = build(Random(1), 251)
    assert len(office_names()) == 13
    assert {grid.office for grid in district.grids} == set(office_names())
    assert set(Counter(grid.town for grid in district.grids).values()) == {3}
    assert (len(district.operators), len(district.staff)) == (251, 597)


def test_a_day_has_some_650_records_and_85_tests(fortnight):
    lines = [line for line in fortnight.lines if line.event["type"] != "feed.advanced"]
    a_day = Counter(date_of(line.recorded) for line in lines if date_of(line.recorded) != DAYS[0])
    tests = Counter(date_of(line.recorded) for line in lines if line.event["type"] == "sample.tested")
    assert 600 < sum(a_day.values()) / len(a_day) < 700
    assert 75 < sum(tests[day] for day in DAYS[1:]) / 13 < 95


def test_every_kind_is_planted_and_the_positive_lot_comes_on_day_nine(fortnight):
    assert {planted.kind for planted in fortnight.truth} == {kind.value for kind in Kind}
    positives = [planted for planted in fortnight.truth if planted.kind == Kind.POSITIVE]
    assert {date_of(planted.begins) for planted in positives} == {DAYS[8]}


@pytest.mark.parametrize("operators", [30, 60, 120])
def test_a_smaller_district_has_every_kind_too(operators):
    assert {planted.kind for planted in generate(operators=operators).truth} == {kind.value for kind in Kind}


def test_with_too_few_operators_it_says_so():
    with pytest.raises(ValueError, match="at least 30"):
        generate(operators=29)


def test_records_come_in_the_order_of_recording_and_within_the_fortnight(fortnight):
    assert all(one.recorded <= two.recorded for one, two in pairwise(fortnight.lines))
    assert fortnight.lines[0].recorded >= start_of(DAYS[0])
    assert fortnight.lines[-1].recorded < END + MINUTE


def test_what_intake_refuses_is_what_was_meant_to_be_refused(fortnight):
    refused = 0
    goods = Rules.load(None).goods_classes
    for line in fortnight.lines:
        assert line.topic in PUBLIC_TOPICS
        try:
            read(line.message(), {}, recorded=line.recorded, goods=goods, topic=line.topic)
        except Refused:
            refused += 1
    assert refused == fortnight.refused == 14


def test_a_gap_lasts_long_enough_for_any_step_of_the_clock_to_see_it(fortnight):
    for planted in fortnight.truth:
        assert planted.ends is None or planted.ends - planted.begins >= 2 * HOUR, planted


def test_the_provinces_feed_stands_still_on_day_eleven_and_its_records_come_afterwards(fortnight):
    chain = [line for line in fortnight.lines if line.event["source"] == "/zj/chain"]
    still = [line for line in chain if STANDSTILL.begins <= line.recorded < STANDSTILL.ends]
    late = [line for line in chain if STANDSTILL.ends <= line.recorded < STANDSTILL.caught_up]
    assert still == []
    assert len(late) > 50
    assert date_of(STANDSTILL.begins) == DAYS[10]
    beats = [line for line in chain if line.event["type"] == "feed.advanced"]
    assert {line.event["data"]["feed"] for line in beats} == {FEED}
    gaps = [two.recorded - one.recorded for one, two in pairwise(beats)]
    assert sorted(gaps)[-2] == 10 * MINUTE
    assert max(gaps) > 4 * HOUR
    for line in beats:
        assert parse_instant(line.event["data"]["complete_until"]) < line.recorded


def test_nothing_the_feed_calls_complete_comes_later(fortnight):
    complete = 0
    for line in fortnight.lines:
        if line.event["type"] == "feed.advanced":
            complete = parse_instant(line.event["data"]["complete_until"])
        assert line.recorded >= complete


def test_a_history_and_its_truth_are_read_back_as_they_were_written(fortnight, tmp_path):
    write_history(tmp_path / "history", fortnight.lines)
    write_truth(tmp_path / "truth", fortnight.truth)
    again = read_history(tmp_path / "history")
    assert [(line.recorded, line.event) for line in again] == [(line.recorded, line.event) for line in fortnight.lines]
    moved = [(one.topic, two.topic) for one, two in zip(again, fortnight.lines, strict=True) if one.topic != two.topic]
    assert all(line in {("chain-uploads", "scan-events")} for line in moved)  # types that nobody knows
    assert read_truth(tmp_path / "truth") == fortnight.truth


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}\n", "line 1: recordedtime is missing"),
        ('{"recordedtime":"2022-01-05T08:00:00Z"}\n{"recordedtime":"2022-01-05T07:00:00Z"}\n', "line 2: recordedtime"),
        ("", "holds no records"),
    ],
)
def test_a_history_that_cannot_be_used_is_refused_with_file_and_line(tmp_path, text, words):
    (tmp_path / "history").write_text(text)
    with pytest.raises(Unusable, match=words):
        read_history(tmp_path / "history")


def test_a_truth_that_cannot_be_used_is_refused_with_file_and_line(tmp_path):
    (tmp_path / "truth").write_text('{"kind": "silent"}\n')
    with pytest.raises(Unusable, match="line 1: operator: a text is expected"):
        read_truth(tmp_path / "truth")


def test_everyone_is_told_to_the_system_before_anything_happens(fortnight):
    first_goods = next(line.recorded for line in fortnight.lines if line.event["type"].startswith(("lot.", "goods.")))
    people = [line for line in fortnight.lines if line.event["type"] == "person.assigned"]
    assert all(line.recorded < first_goods for line in people)
    assert first_goods - fortnight.lines[0].recorded < DAY
