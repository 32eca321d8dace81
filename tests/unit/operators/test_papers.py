"""Papers of a lot: what is required by its class and first day, what counts, what is missing and until when."""

from __future__ import annotations

import pytest

from schemas.times import DAY, SECOND
from streams.operators.rules.papers import Papers, papers_missing
from tests.unit.operators.builders import ALL, RULES, added, at, lot, paper, received, sold, told, uploaded

NOON = "2022-01-10 12:00"
TODAY = "2022-01-10"

MISSING = {
    "fruit needs quarantine, test and code": (lot(uploaded(NOON, code=False)), ["quarantine", "test", "trace-code"]),
    "frozen meat needs disinfection, too": (lot(uploaded(NOON, "quarantine", "test", goods="frozen-meat")),
                                            ["disinfection"]),
    "papers that are not required are no harm": (lot(uploaded(NOON, *ALL)), []),
    "papers added later count as those of the upload": (lot(uploaded(NOON, "test"), added(NOON, "quarantine")), []),
    "a code added later counts": (lot(uploaded(NOON, *ALL, code=False), added(NOON, code=True)), []),
    "papers of several uploads are put together":
        (lot(uploaded(NOON, "test", identity="a"), uploaded(NOON, "quarantine", identity="b")), []),
    "a paper that expired the day before the first upload does not count":
        (lot(uploaded(NOON, "test", paper("quarantine", "2022-01-09"))), ["quarantine"]),
    "a paper that expires on the day of the first upload counts":
        (lot(uploaded(NOON, "test", paper("quarantine", TODAY))), []),
    "the first upload is the one with the smallest time, not the one recorded first":
        (lot(uploaded(NOON, "test", paper("quarantine", "2022-01-09"), identity="a"),
             uploaded("2022-01-09 23:59", recorded=NOON, identity="b")), []),
    "the day of the first upload is Beijing's":
        (lot(uploaded("2022-01-10 00:00", "test", paper("quarantine", "2022-01-09"))), ["quarantine"]),
    "an expired paper is healed by one that has not expired":
        (lot(uploaded(NOON, "test", paper("quarantine", "2022-01-01")), added(NOON, "quarantine")), []),
    "the class is that of the upload with the greatest time":
        (lot(uploaded(NOON, "quarantine", "test", goods="frozen-meat", identity="a"),
             uploaded("2022-01-10 12:01", goods="fruit", identity="b")), []),
    "a late record of an earlier time does not change the class":
        (lot(uploaded(NOON, "quarantine", "test", goods="frozen-meat", identity="a"),
             uploaded("2022-01-10 11:59", recorded="2022-01-11 00:00", goods="fruit", identity="b")), ["disinfection"]),
    "at a tie of time the class is that of the later record":
        (lot(uploaded(NOON, "quarantine", "test", recorded="2022-01-10 13:00", goods="fruit", identity="a"),
             uploaded(NOON, recorded="2022-01-10 12:30", goods="frozen-meat", identity="z")), []),
    "nothing is required before the first date of the rules": (lot(uploaded("2020-10-31 23:59", code=False)), []),
    "from the first date on it is": (lot(uploaded("2020-11-01 00:00", *ALL, code=False)), ["trace-code"]),
    "since 2023-01-08 no test is required": (lot(uploaded("2023-01-08 00:00", "quarantine")), []),
    "a lot of the day before still needs one, whenever it is asked":
        (lot(uploaded("2023-01-07 23:59", "quarantine"), added("2023-02-01 09:00")), ["test"]),
}  # fmt: skip


@pytest.mark.parametrize(("row", "missing"), MISSING.values(), ids=MISSING.keys())
def test_what_is_missing(row, missing):
    assert Papers(row, RULES).missing() == missing


UNTIL = {
    "what is brought at that instant is there": ("2022-01-10 13:00", []),
    "what is brought after it is not": ("2022-01-10 12:59:59", ["quarantine"]),
    "before the upload itself nothing is": ("2022-01-10 11:59", ["quarantine", "test", "trace-code"]),
}


@pytest.mark.parametrize(("until", "missing"), UNTIL.values(), ids=UNTIL.keys())
def test_what_was_missing_at_an_instant_goes_by_time_not_by_when_it_was_recorded(until, missing):
    row = lot(uploaded(NOON, "test"), added("2022-01-10 13:00", "quarantine", recorded="2022-01-12 09:00"))
    assert Papers(row, RULES).missing(at(until)) == missing


def asked(row, now=NOON, rules=RULES):
    return papers_missing("L1", Papers(row, rules), at(now), now[:10], rules)


NOTHING = {
    "all is there": lot(uploaded(NOON, *ALL)),
    "papers were added, but nobody uploaded the lot": lot(added(NOON, "test")),
    "goods were received, but nobody uploaded the lot": lot(received(NOON)),
    "goods were sold, but nobody uploaded the lot": lot(sold(NOON)),
}


@pytest.mark.parametrize("row", NOTHING.values(), ids=NOTHING.keys())
def test_no_papers_are_missing_when(row):
    assert asked(row) is None


def test_no_papers_are_missing_of_a_lot_that_was_uploaded_before_anything_was_required():
    assert asked(lot(uploaded("2020-10-31 12:00", code=False)), "2020-11-01 12:00") is None


def test_since_is_the_first_upload_and_due_counts_from_when_the_first_one_was_recorded():
    case = asked(
        lot(
            uploaded(NOON, "test", recorded="2022-01-10 12:05", identity="a"),
            uploaded("2022-01-10 11:00", recorded="2022-01-10 12:07", identity="b"),
        )
    )
    assert case is not None
    assert case.since == at("2022-01-10 11:00")
    assert case.due == at("2022-01-10 12:05") + 30 * SECOND
    assert case.until == at("2022-01-10 11:00") + 90 * DAY
    assert told(case) == {"lot": "L1", "goods": "fruit", "missing": ["quarantine"]}


def test_the_parameters_are_those_of_today_and_none_switches_the_kind_off():
    row = lot(uploaded(NOON))
    assert asked(row, "2020-10-31 12:00") is None
    assert asked(row, "2020-11-01 12:00") is not None


OVER = {
    "a moment before its time is over nothing is wrong": ("2022-04-10 11:59", None),
    "then its time is over, and that is what comes first": ("2022-04-10 12:00", True),
}


@pytest.mark.parametrize(("now", "over"), OVER.values(), ids=OVER.keys())
def test_an_upload_that_brings_all_and_moves_the_beginning_may_end_the_time(now, over):
    row = lot(uploaded("2022-04-10 09:00", code=False), uploaded(NOON, *ALL, recorded="2022-04-10 11:00"))
    case = asked(row, now)
    assert (case.expired(at(now)) if case else None) is over
    assert case is None or not case.stands(at(now))
