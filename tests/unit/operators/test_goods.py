"""Goods that moved without what should have come first: no code, no upload, no papers."""

from __future__ import annotations

import pytest

from schemas.times import DAY, HOUR, MINUTE
from streams.operators.rules.goods import early_outflow, not_on_chain, sold_early, uncoded_goods
from streams.operators.rules.papers import Papers
from tests.unit.operators.builders import (
    RULES,
    added,
    at,
    closed,
    day,
    dispatched,
    lot,
    received,
    ruled,
    sold,
    told,
    uploaded,
    utc,
)

MONDAY = "2022-01-10"
NOON = "2022-01-10 12:00"


def on_monday(*scans, closes=()):
    return uncoded_goods(MONDAY, day(uncoded=scans), closes, RULES)


def test_uncoded_goods_are_told_with_the_smallest_time_and_the_types_of_all_scans():
    case = on_monday(
        sold("2022-01-10 15:00", identity="a"),
        received("2022-01-10 09:30", recorded="2022-01-12 00:00", identity="b"),
        sold("2022-01-10 16:00", identity="c"),
    )
    assert told(case) == {"day": MONDAY, "first": utc("2022-01-10 09:30"), "types": ["goods.received", "goods.sold"]}
    assert case.since == at("2022-01-10 09:30")
    assert case.due is None, "what is there is told at once"


def test_a_day_without_uncoded_scans_has_nothing():
    assert on_monday() is None


UNCODED_KEPT = {
    "recorded on the day: to the end of the day and seven days": ("2022-01-10 12:00", "2022-01-11 00:00"),
    "recorded later: seven days from then": ("2022-01-15 08:00", "2022-01-15 08:00"),
}


@pytest.mark.parametrize(("recorded", "counted_from"), UNCODED_KEPT.values(), ids=UNCODED_KEPT.keys())
def test_how_long_uncoded_goods_are_told(recorded, counted_from):
    assert on_monday(sold(NOON, recorded)).until == at(counted_from) + 7 * DAY


CLOSES = {
    "a close recorded after the scan covers it": ("2022-01-10 12:01", None),
    "a close recorded with it covers it if it is later by its identity": (NOON, None),
    "a close recorded before it does not": ("2022-01-10 11:59", "a"),
}


@pytest.mark.parametrize(("recorded", "left"), CLOSES.values(), ids=CLOSES.keys())
def test_closes_of_uncoded_goods(recorded, left):
    case = on_monday(sold(NOON, identity="a"), closes=(closed(recorded, identity="b"),))
    assert (case.facts[0].id if case else None) == left


def test_a_close_covers_only_what_is_not_later_and_the_rest_is_told_from_its_own_beginning():
    case = on_monday(
        sold(NOON, identity="a"), sold("2022-01-10 14:00", identity="b"), closes=(closed("2022-01-10 13:00"),)
    )
    assert told(case)["first"] == utc("2022-01-10 14:00")


def test_uncoded_goods_of_a_day_before_the_rules_are_not_told():
    row = day(uncoded=(sold("2020-10-31 12:00"),))
    assert uncoded_goods("2020-10-31", row, (), RULES) is None


ON_CHAIN = {
    "uploaded, however late": lot(sold(NOON), uploaded("2022-03-01 12:00")),
    "received from a named supplier": lot(sold(NOON), received("2022-01-10 13:00")),
    "never scanned": lot(added(NOON)),
}


@pytest.mark.parametrize("row", ON_CHAIN.values(), ids=ON_CHAIN.keys())
def test_nothing_is_off_the_chain_when(row):
    assert not_on_chain("L1", row, at(NOON), MONDAY, RULES) is None


OFF_CHAIN = {
    "scanned once": (lot(sold(NOON)), at(NOON) + 24 * HOUR),
    "received without a supplier": (lot(received(NOON, supplied=False)), at(NOON) + 24 * HOUR),
    "only papers were added": (lot(sold(NOON), added(NOON, "test")), at(NOON) + 24 * HOUR),
    "the smallest time counts": (lot(sold(NOON, identity="a"), sold("2022-01-10 08:00", NOON, identity="b")),
                                 at("2022-01-11 08:00")),
    "a scan that came days late waits ten minutes for its upload":
        (lot(sold(NOON, "2022-01-13 09:00")), at("2022-01-13 09:10")),
    "ten minutes count from the scan recorded first":
        (lot(sold(NOON, "2022-01-13 09:00", identity="a"), sold(NOON, "2022-01-14 09:00", identity="b")),
         at("2022-01-13 09:10")),
    "late by exactly as much as an upload may take": (lot(sold(NOON, "2022-01-11 11:50")), at("2022-01-11 12:00")),
}  # fmt: skip


@pytest.mark.parametrize(("row", "due"), OFF_CHAIN.values(), ids=OFF_CHAIN.keys())
def test_when_a_lot_that_is_not_on_the_chain_falls_due(row, due):
    case = not_on_chain("L1", row, at(NOON), MONDAY, RULES)
    assert (case.since, case.due, case.until) == (due, due, due + 90 * DAY)


OVER = {
    "a moment before its time is over nothing is wrong": ("2022-01-12 09:59", None),
    "then its time is over, and that is what comes first": ("2022-01-12 10:00", True),
}


@pytest.mark.parametrize(("now", "over"), OVER.values(), ids=OVER.keys())
def test_goods_in_from_a_supplier_that_move_the_beginning_may_end_the_time(now, over):
    rules = ruled(condition_kept={"2020-11-01": "1d"})
    row = lot(sold(NOON), received("2022-01-10 10:00", recorded="2022-01-12 09:00"))
    case = not_on_chain("L1", row, at(now), now[:10], rules)
    assert (case.expired(at(now)) if case else None) is over
    assert case is None or not case.stands(at(now))


def early(row, *, closes=(), now="2022-01-10 13:00"):
    today = now[:10]
    return sold_early("L1", early_outflow(row, Papers(row, RULES), today, RULES), closes, at(now), today, RULES)


EARLY = {
    "sold, never uploaded nor received": (lot(sold(NOON)), ["upload"]),
    "dispatched, never uploaded": (lot(dispatched(NOON)), ["upload"]),
    "received without a supplier does not cover":
        (lot(received("2022-01-10 08:00", supplied=False), sold(NOON)), ["upload"]),
    "received from a supplier a moment after the sale and the skew":
        (lot(received("2022-01-10 12:02:01"), sold(NOON)), ["upload"]),
    "received from a supplier within the skew": (lot(received("2022-01-10 12:02"), sold(NOON)), None),
    "uploaded within the skew, all papers there": (lot(sold(NOON), uploaded("2022-01-10 12:02", "quarantine", "test")),
                                                  None),
    "uploaded a moment after the skew": (lot(sold(NOON), uploaded("2022-01-10 12:02:01", "quarantine", "test")),
                                         ["upload"]),
    "uploaded before, a paper missing": (lot(uploaded("2022-01-10 08:00", "test"), sold(NOON)), ["quarantine"]),
    "the paper came within the skew":
        (lot(uploaded("2022-01-10 08:00", "test"), sold(NOON), added("2022-01-10 12:02", "quarantine")), None),
    "the paper came a moment after the skew":
        (lot(uploaded("2022-01-10 08:00", "test"), sold(NOON), added("2022-01-10 12:02:01", "quarantine")),
         ["quarantine"]),
    "covered by a supplier and not yet uploaded: who receives from the chain owes no papers":
        (lot(received("2022-01-10 08:00"), sold(NOON), uploaded("2022-01-10 15:00")), None),
    "covered by a supplier but uploaded too: papers are owed by who uploaded":
        (lot(received("2022-01-10 08:00"), uploaded("2022-01-10 09:00"), sold(NOON)), ["quarantine", "test"]),
    "a late record of the time before heals it":
        (lot(sold(NOON), uploaded("2022-01-10 11:00", "quarantine", "test", recorded="2022-01-12 09:00")), None),
    "goods in are no outflow": (lot(received(NOON, supplied=False)), None),
    "a class corrected after the sale holds for the sale":
        (lot(uploaded("2022-01-10 08:00", "quarantine", "test", goods="fruit", identity="a"), sold(NOON),
             uploaded("2022-01-10 18:00", goods="frozen-meat", identity="b")), ["disinfection"]),
}  # fmt: skip


@pytest.mark.parametrize(("row", "missing"), EARLY.values(), ids=EARLY.keys())
def test_a_sale_was_early_when(row, missing):
    case = early(row)
    assert (case and case.detail["missing"]) == missing


def test_at_is_the_smallest_time_and_missing_what_was_missing_then():
    row = lot(
        uploaded("2022-01-10 10:00", "test"),
        sold("2022-01-10 11:00", "2022-01-10 12:30", identity="b"),
        sold("2022-01-10 09:00", "2022-01-10 12:40", identity="a"),
    )
    case = early(row)
    assert told(case) == {"lot": "L1", "at": utc("2022-01-10 09:00"), "missing": ["upload"]}
    assert case.since == at("2022-01-10 09:00")
    assert case.due == at("2022-01-10 12:30") + 10 * MINUTE, "ten minutes from the early sale recorded first"


def test_each_sale_is_told_for_thirty_days_from_when_it_was_recorded():
    row = lot(sold("2022-01-01 09:00", identity="a"), sold("2022-01-20 09:00", identity="b"))
    first_over = at("2022-01-01 09:00") + 30 * DAY
    case = early(row, now="2022-01-31 08:59")
    assert (case.since, case.wake, case.until) == (at("2022-01-01 09:00"), first_over, at("2022-02-19 09:00"))
    later = early(row, now="2022-01-31 09:00")
    assert (later.since, later.until) == (at("2022-01-20 09:00"), at("2022-02-19 09:00"))
    assert later.due == at("2022-01-20 09:10")


def test_when_the_time_of_all_is_over_the_case_says_so():
    case = early(lot(sold("2022-01-01 09:00")), now="2022-01-31 09:00")
    assert case.expired(at("2022-01-31 09:00"))
    assert not case.stands(at("2022-01-31 09:00"))


def test_a_close_covers_early_sales_that_are_not_later_than_itself():
    row = lot(sold("2022-01-10 09:00", identity="a"), sold("2022-01-10 11:00", identity="b"))
    case = early(row, closes=(closed("2022-01-10 10:00"),))
    assert [item.id for item in case.facts] == ["b"]
    assert case.since == at("2022-01-10 11:00")
    same_instant = "2022-01-10 11:00"
    assert early(row, closes=(closed(same_instant, identity="a2"),)) is not None, "by its identity the sale is later"
    assert early(row, closes=(closed(same_instant, identity="c"),)) is None


def test_the_kind_is_off_where_a_parameter_of_today_is_none():
    row = lot(sold("2020-10-31 23:59"))
    assert early(row, now="2020-10-31 23:59") is None
    assert early(row, now="2020-11-01 00:00") is not None
