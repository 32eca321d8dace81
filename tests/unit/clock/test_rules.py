"""The barrier as a plan, told with a Kafka of dictionaries; and which tick may be next."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import PUBLIC_TOPICS
from schemas.times import MINUTE, parse_instant
from streams.clock.rules import (
    STANDS_AFTER,
    Append,
    Ask,
    Ends,
    Feed,
    Holder,
    Note,
    Offsets,
    Place,
    barrier,
    next_tick,
    stands_still,
)


class Log:
    """Topics of two partitions each; who commits is decided by the test."""

    def __init__(self) -> None:
        self.begin: dict[Place, int] = {}
        self.end: dict[Place, int] = {}
        self.committed: dict[Place, int] = {}
        self.ticks: list[str] = []
        self.asked: list[Holder] = []

    def run(self, work: Callable[[], None], *, routed: bool = True, most: int = 100) -> bool:
        """Drive a barrier, calling `work` before each look at what is committed. Whether it came to its end."""
        course = barrier(routed=routed)
        question = next(course)
        for _ in range(most):
            answer: Ends | Offsets
            if isinstance(question, Note):
                answer = {
                    place: (self.begin.get(place, 0), self.end.get(place, 0)) for place in places(*question.topics)
                }
            elif isinstance(question, Append):
                self.ticks.append(question.topic)
                for place in places(question.topic):
                    self.end[place] = self.end.get(place, 0) + 1
                answer = {place: self.end[place] for place in places(question.topic)}
            else:
                assert isinstance(question, Ask)
                self.asked.append(question.flow)
                work()
                answer = {place: self.committed[place] for place in question.behind if place in self.committed}
            try:
                question = course.send(answer)
            except StopIteration:
                return True
        return False

    def passes(self, *topics: str) -> None:
        """The flow that reads these commits their ends."""
        self.committed |= {place: self.end.get(place, 0) for place in places(*topics)}


def places(*topics: str) -> list[Place]:
    return [(topic, number) for topic in topics for number in range(2)]


JOURNALS = ("operator-journal", "staff-journal", "notice-journal")


def test_ticks_go_to_staff_then_operators_then_routing():
    log = Log()
    assert log.run(lambda: log.passes(*PUBLIC_TOPICS, *JOURNALS))
    assert log.ticks == ["staff-journal", "operator-journal", "notice-journal"]


def test_no_tick_is_appended_while_intake_has_not_passed_one_record_of_one_partition():
    log = Log()
    log.end["scan-events", 1] = 1
    assert not log.run(lambda: log.passes(*JOURNALS, "registry"))
    assert log.ticks == []


def test_a_backlog_between_the_stages_holds_the_tick_of_the_next_one():
    log = Log()
    log.end["operator-journal", 0] = 7
    assert not log.run(lambda: log.passes(*PUBLIC_TOPICS, "staff-journal"))
    assert log.ticks == []
    log = Log()
    assert not log.run(lambda: log.passes(*PUBLIC_TOPICS, "operator-journal"))
    assert log.ticks == ["staff-journal"]


def test_records_that_come_after_the_ends_were_noted_are_not_waited_for():
    log = Log()
    log.end["scan-events", 0] = 5

    def busy() -> None:
        log.committed |= {("scan-events", 0): 5, ("scan-events", 1): 0}
        log.end["scan-events", 0] += 3
        log.passes(*JOURNALS)

    assert log.run(busy)


def test_a_topic_whose_messages_have_all_been_deleted_is_not_waited_for():
    log = Log()
    log.begin["registry", 0] = log.end["registry", 0] = 40
    assert log.run(lambda: log.passes(*JOURNALS))


def test_an_aborted_tail_counts_because_the_end_is_the_high_watermark():
    log = Log()
    log.end["registry", 0] = 6  # the last message, an abort marker and what it aborted
    log.committed["registry", 0] = 3
    assert not log.run(lambda: log.passes(*JOURNALS))
    log = Log()
    log.end["registry", 0] = 6
    assert log.run(lambda: log.passes("registry", *JOURNALS))


def test_without_routing_the_tick_is_in_the_notice_journal_but_not_waited_for():
    log = Log()
    assert log.run(lambda: log.passes(*PUBLIC_TOPICS, "staff-journal", "operator-journal"), routed=False)
    assert log.ticks[-1] == "notice-journal"
    assert Holder.ROUTING not in log.asked


def test_only_what_is_still_behind_is_asked_for_again():
    course = barrier(routed=False)
    next(course)
    first = course.send({("registry", 0): (0, 4), ("registry", 1): (0, 9)})
    assert isinstance(first, Ask)
    assert dict(first.behind) == {("registry", 0): 4, ("registry", 1): 9}
    again = course.send({("registry", 0): 4, ("registry", 1): 8})
    assert isinstance(again, Ask)
    assert dict(again.behind) == {("registry", 1): 9}


NOW = parse_instant("2022-01-12T08:03:30Z")
AT = parse_instant("2022-01-12T08:03:00Z")


def test_the_next_tick_is_the_last_multiple_that_is_not_in_the_future():
    assert next_tick(NOW, tick=MINUTE, holding=(), feeds={}) == (AT, None)
    assert next_tick(AT, tick=MINUTE, holding=(), feeds={}) == (AT, None)
    assert next_tick(AT - 1, tick=MINUTE, holding=(), feeds={}) == (AT - MINUTE, None)


def test_no_tick_goes_beyond_what_a_holding_feed_says_is_complete():
    feeds = {"zj": AT - 10 * MINUTE + 1, "other": AT - 60 * MINUTE}
    assert next_tick(NOW, tick=MINUTE, holding=["zj"], feeds=feeds) == (
        AT - 10 * MINUTE,
        Feed("zj", AT - 10 * MINUTE + 1),
    )


def test_the_slowest_of_several_holding_feeds_counts():
    feeds = {"a": AT - 2 * MINUTE, "b": AT - 5 * MINUTE}
    tick, held = next_tick(NOW, tick=MINUTE, holding=["a", "b"], feeds=feeds)
    assert (tick, held) == (AT - 5 * MINUTE, Feed("b", AT - 5 * MINUTE))


def test_a_holding_feed_that_has_never_said_anything_allows_no_tick():
    assert next_tick(NOW, tick=MINUTE, holding=["zj"], feeds={}) == (None, Feed("zj", None))


def test_a_holding_feed_that_is_ahead_or_in_the_same_interval_holds_nothing():
    assert next_tick(NOW, tick=MINUTE, holding=["zj"], feeds={"zj": NOW + 1}) == (AT, None)
    assert next_tick(NOW, tick=MINUTE, holding=["zj"], feeds={"zj": AT}) == (AT, None)


@given(
    now=st.integers(0, 2**42),
    step=st.sampled_from([1_000, 60_000, 600_000]),
    feeds=st.dictionaries(st.sampled_from("abc"), st.integers(0, 2**42)),
)
def test_a_tick_is_a_multiple_and_never_beyond_now_or_any_holding_feed(now, step, feeds):
    tick, held = next_tick(now, tick=step, holding="abc", feeds=feeds)
    if tick is None:
        assert set(feeds) != set("abc")
        return
    assert tick % step == 0
    assert tick <= now
    assert all(tick <= until for until in feeds.values())
    assert (held is None) == (tick + step > now)


@pytest.mark.parametrize(("behind", "still"), [(STANDS_AFTER - 1, False), (STANDS_AFTER, True)])
def test_a_feed_stands_still_when_it_is_a_quarter_of_an_hour_behind(behind, still):
    assert stands_still(Feed("zj", NOW - behind), NOW, since=0) is still
    assert stands_still(Feed("zj", None), NOW, since=NOW - behind) is still
