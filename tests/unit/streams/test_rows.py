"""Rows: state by subject as bytes, encoded once a flush; a row says when it wants to be looked at; what a broken entry
changed is put back as it was; a newer form stops an older worker.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rows import NEVER, NewerRow, Row, Rows, row_key


class Lot(Row, frozen=True, array_like=True):
    """A row of these tests."""

    name: str
    count: int = 0


FORMS = {"lot": Lot}
A, B, C = (row_key("lot", "op-1", name) for name in "abc")


@pytest.fixture
def rows() -> Rows:
    return Rows(FORMS)


def reloaded(*flushes: list[tuple[bytes, bytes | None]]) -> Rows:
    """Another process that reads what these flushes wrote."""
    fresh = Rows(FORMS)
    for flush in flushes:
        for key, value in flush:
            fresh.load(key, value)
    return fresh


def test_what_was_put_is_there_before_and_after_a_flush_and_for_the_next_owner(rows):
    rows.put(A, Lot("a", 1), due=50)
    assert rows.get(A, Lot) == Lot("a", 1)
    written = rows.take()
    assert rows.get(A, Lot) == Lot("a", 1)
    assert reloaded(written).get(A, Lot) == Lot("a", 1)
    assert reloaded(written).next_due() == 50


def test_a_row_that_changed_often_is_written_once(rows):
    for count in range(5):
        rows.put(A, Lot("a", count))
    assert [key for key, _ in rows.take()] == [A.encode()]
    assert rows.take() == []


def test_a_dropped_row_is_a_tombstone_and_gone_for_the_next_owner(rows):
    rows.put(A, Lot("a"))
    first = rows.take()
    rows.drop(A)
    second = rows.take()
    assert second == [(A.encode(), None)]
    assert A not in rows
    assert A not in reloaded(first, second)
    assert len(rows) == 0


def test_dropping_what_is_not_there_is_no_error_and_no_write(rows):
    rows.drop(A)
    assert rows.take() == []


def test_what_is_due_comes_earliest_first_and_once(rows):
    rows.put(B, Lot("b"), due=20)
    rows.put(A, Lot("a"), due=20)
    rows.put(C, Lot("c"), due=10)
    assert list(rows.due_until(9)) == []
    assert list(rows.due_until(20)) == [C, A, B]
    assert list(rows.due_until(99)) == []


def test_a_due_that_moved_counts_where_it_is_now(rows):
    rows.put(A, Lot("a"), due=10)
    rows.put(A, Lot("a"), due=30)
    assert rows.next_due() == 30
    assert list(rows.due_until(10)) == []
    rows.put(A, Lot("a"), due=NEVER)
    assert rows.next_due() is None


def test_rows_that_watch_their_owner_are_found_by_it_also_after_loading(rows):
    rows.put(B, Lot("b"), watch=True)
    rows.put(A, Lot("a"), watch=True)
    rows.put(row_key("lot", "op-2", "x"), Lot("x"), watch=True)
    assert rows.watching("op-1") == [A, B]
    assert reloaded(rows.take()).watching("op-1") == [A, B]
    rows.put(A, Lot("a"))
    assert rows.watching("op-1") == [B]


def test_a_newer_form_stops_an_older_worker():
    with pytest.raises(NewerRow, match="version 2"):
        reloaded([(A.encode(), b'2 -1 - ["a",1]')])


def test_a_row_of_this_release_is_read_by_every_later_one():
    """A golden row: as it stands on the topic. If this fails, state of running installations can't be read."""
    rows = reloaded([(A.encode(), b'1 1642694400000 w ["a",7]')])
    assert rows.get(A, Lot) == Lot("a", 7)
    assert rows.next_due() == 1642694400000
    assert rows.watching("op-1") == [A]


def test_the_size_is_of_keys_and_encoded_rows(rows):
    assert rows.stored_size() == 0
    rows.put(A, Lot("a", 1))
    ((key, value),) = rows.take()
    assert value is not None
    assert rows.stored_size() == len(key) + len(value)


def test_a_row_that_was_dropped_by_an_entry_that_broke_is_still_there_after_the_next_flush(rows):
    rows.put(A, Lot("a", 1), due=50, watch=True)
    rows.take()
    rows.mark()
    rows.drop(A)
    rows.rollback()
    assert rows.take() == []
    assert rows.get(A, Lot) == Lot("a", 1)
    assert rows.next_due() == 50
    assert rows.watching("op-1") == [A]


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "drop"]), st.sampled_from([A, B, C]), st.integers(0, 9), st.booleans())
)


def do(rows: Rows, operations: list) -> None:
    for what, key, number, watch in operations:
        if what == "put":
            rows.put(key, Lot(key[-1], number), due=number if number else NEVER, watch=watch)
        else:
            rows.drop(key)


def picture(rows: Rows) -> object:
    return (
        {key: rows.get(key, Lot) for key in rows.keys()},  # noqa: SIM118 - Rows is no mapping
        rows.watching("op-1"),
        len(rows),
        rows.next_due(),
    )


@given(before=OPERATIONS, flushed=st.booleans(), broken=OPERATIONS, after=OPERATIONS)
def test_an_entry_that_broke_leaves_no_trace_whatever_it_did(before, flushed, broken, after):
    plain, tried = Rows(FORMS), Rows(FORMS)
    written: dict[str, list] = {"plain": [], "tried": []}
    for name, rows in (("plain", plain), ("tried", tried)):
        do(rows, before)
        if flushed:
            written[name].append(rows.take())
    tried.mark()
    do(tried, broken)
    tried.rollback()
    assert picture(tried) == picture(plain)
    for name, rows in (("plain", plain), ("tried", tried)):
        rows.mark()
        do(rows, after)
        written[name].append(rows.take())
    assert picture(tried) == picture(plain)
    assert picture(reloaded(*written["tried"])) == picture(reloaded(*written["plain"])) == picture(plain)
