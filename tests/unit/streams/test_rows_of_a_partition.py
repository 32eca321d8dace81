"""Rows as a partition uses them over a long time: any order of changes, undoing, flushing and taking over.

The machine below does to `Rows` what a partition does, and to a plain dict what that must mean.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from streams.rows import NEVER, Row, Rows, row_key


class Note(Row, frozen=True, array_like=True):
    """A row for these tests."""

    text: str
    count: int = 0


FORMS = {"note": Note}


def key(owner: str = "A", subject: str = "L1") -> str:
    return row_key("note", owner, subject)


@pytest.fixture
def rows():
    return Rows(FORMS)


def test_a_row_may_be_put_again_while_what_is_due_is_worked_off(rows):
    rows.put(key(), Note("a"), due=5)
    seen = []
    for name in rows.due_until(10):
        seen.append(name)
        if len(seen) < 3:
            rows.put(name, Note("a"), due=6)
    assert seen == [key()] * 3


def test_many_changes_of_a_due_do_not_pile_up(rows):
    for due in range(5_000):
        rows.put(key(), Note("a"), due=due + 1)
    assert len(rows._heap) <= 1_001
    assert list(rows.due_until(10_000)) == [key()]


def test_a_taken_row_is_readable_by_a_person(rows):
    rows.put(key(), Note("鲜果园", 3), due=7, watch=True)
    rows.put(key(subject="b"), Note("b"))
    assert rows.take() == [
        (b"note\x1fA\x1fL1", '1 7 w ["鲜果园",3]'.encode()),
        (b"note\x1fA\x1fb", b'1 -1 - ["b",0]'),
    ]


def test_a_field_that_a_later_form_adds_at_the_end_has_its_default(rows):
    rows.load(key().encode(), b'1 -1 - ["a"]')
    assert rows.get(key(), Note) == Note("a", 0)


def test_due_and_watch_are_read_without_decoding_the_row():
    loaded = Rows(FORMS)
    loaded.load(key().encode(), b"1 5 w this is no JSON")
    assert (loaded.next_due(), loaded.watching("A")) == (5, [key()])


OWNERS, SUBJECTS = ("A", "B"), ("", "L1", "L2")
KEYS = st.sampled_from([key(owner, subject) for owner in OWNERS for subject in SUBJECTS])
DUES = st.one_of(st.just(NEVER), st.integers(1, 6))


class Partition(RuleBasedStateMachine):
    """Rows against a dict: key → (row, due, watch)."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = Rows(FORMS)
        self.state: dict[str, tuple[Note, int, bool]] = {}
        self.marked = dict(self.state)
        self.rows.mark()
        self.topic: dict[bytes, bytes] = {}

    @rule(name=KEYS, text=st.text(max_size=3), due=DUES, watch=st.booleans())
    def put(self, name, text, due, watch):
        self.rows.put(name, Note(text), due=due, watch=watch)
        self.state[name] = (Note(text), due, watch)

    @rule(name=KEYS)
    def drop(self, name):
        self.rows.drop(name)
        self.state.pop(name, None)

    @rule()
    def mark(self):
        self.rows.mark()
        self.marked = dict(self.state)

    @rule()
    def rollback(self):
        self.rows.rollback()
        self.state = dict(self.marked)

    @rule(tick=st.integers(0, 7))
    def work_off(self, tick):
        """What is due is put again, as every look does; so nothing due is ever off the list at a mark."""
        found = list(self.rows.due_until(tick))
        due = sorted((due, name) for name, (_, due, _) in self.state.items() if due not in (NEVER,) and due <= tick)
        assert found == [name for _, name in due]
        for name in found:
            row, _, watch = self.state[name]
            self.put(name, row.text, tick + 1, watch)
        self.mark()

    @rule()
    def flush(self):
        for name, value in self.rows.take():
            if value is None:
                self.topic.pop(name, None)
            else:
                self.topic[name] = value
        self.mark()

    @rule()
    def another_worker_takes_over(self):
        """A worker that dies loses what it had not flushed; the entry would come again."""
        self.flush()
        self.rows = Rows(FORMS)
        for name, value in self.topic.items():
            self.rows.load(name, value)
        self.mark()

    @invariant()
    def the_rows_are_as_they_were_put(self):
        assert self.rows.keys() == sorted(self.state)
        assert len(self.rows) == len(self.state)
        for name, (row, due, watch) in self.state.items():
            assert name in self.rows
            assert self.rows.get(name, Note) == row
            assert self.rows.due_of(name) == due
            assert self.rows.is_watching(name) is watch

    @invariant()
    def the_next_due_is_the_smallest(self):
        dues = [due for _, due, _ in self.state.values() if due != NEVER]
        assert self.rows.next_due() == min(dues, default=None)

    @invariant()
    def watching_is_by_owner(self):
        for owner in OWNERS:
            mine = {name for name, (_, _, watch) in self.state.items() if watch and name.split("\x1f")[1] == owner}
            assert self.rows.watching(owner) == sorted(mine)


TestPartition = Partition.TestCase
TestPartition.settings = settings(max_examples=60, stateful_step_count=30)
