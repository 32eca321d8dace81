"""The comparison that the engines are judged by must itself be able to say no."""

from __future__ import annotations

from schemas.times import MINUTE, format_instant
from tests.standing import before_each_tick, differences

T = 1_642_000_020_000


def message(at: int, *, name: str = "a", firing: bool = True, **changes: object) -> dict[str, object]:
    return {
        "id": name,
        "status": "firing" if firing else "resolved",
        "since": format_instant(T),
        "changed_at": format_instant(at),
        "detail": {"lot": "L", "hazard": None},
        "place": None,
    } | changes


def test_a_change_at_a_tick_stands_before_the_next_one():
    assert list(before_each_tick([message(T)], MINUTE)) == [T + MINUTE]
    assert list(before_each_tick([message(T - 1)], MINUTE)) == [T]


def test_what_began_and_ended_between_two_ticks_is_no_difference():
    between = [message(T + 1), message(T + 2, firing=False)]
    assert differences(before_each_tick(between, MINUTE), {}) == []


def test_revision_and_nulls_in_detail_are_no_difference():
    one = before_each_tick([message(T, revision=1)], MINUTE)
    other = before_each_tick([message(T, revision=4, detail={"lot": "L"})], MINUTE)
    assert differences(one, other) == []


def test_another_since_detail_or_place_a_missing_alert_or_a_later_end_is_a_difference():
    right = before_each_tick([message(T), message(T + 5 * MINUTE, firing=False)], MINUTE)
    for wrong in (
        [message(T, since="later"), message(T + 5 * MINUTE, firing=False)],
        [message(T, detail={"lot": "M"}), message(T + 5 * MINUTE, firing=False)],
        [message(T, place={"town": "t"}), message(T + 5 * MINUTE, firing=False)],
        [message(T), message(T + 6 * MINUTE, firing=False)],
        [message(T + MINUTE), message(T + 5 * MINUTE, firing=False)],
        [message(T)],
        [],
    ):
        assert differences(right, before_each_tick(wrong, MINUTE)) != []
        assert differences(before_each_tick(wrong, MINUTE), right) != []
