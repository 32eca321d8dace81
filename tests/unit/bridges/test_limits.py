"""The pace: whatever is asked for, never more than the limit within its time, and never later than need be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.bridges.limits import LIMITS, Limit, Pacer
from schemas.registry import ChannelKind
from schemas.times import DAY, MINUTE


def test_the_table() -> None:
    assert (LIMITS[ChannelKind.WECOM_ROBOT].most, LIMITS[ChannelKind.SMS].most) == (20, 50)
    assert LIMITS[ChannelKind.WECOM_ROBOT].within >= MINUTE
    assert LIMITS[ChannelKind.SMS].within >= DAY


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 5), st.integers(1, 40))
def test_never_more_than_the_limit_within_any_window(gaps: list[int], most: int, within: int) -> None:
    pacer, now, sent = Pacer(Limit("x", most, within)), 0, []
    for gap in gaps:
        now += gap
        now = max(now, pacer.free_at("k", now))
        pacer.take("k", now)
        sent.append(now)
    for start in sent:
        assert sum(start <= instant < start + within for instant in sent) <= most


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 5), st.integers(1, 40))
def test_room_is_given_as_soon_as_there_is_some(gaps: list[int], most: int, within: int) -> None:
    pacer, now, sent = Pacer(Limit("x", most, within)), 0, []
    for gap in gaps:
        now += gap
        free = pacer.free_at("k", now)
        recent = [instant for instant in sent if instant > now - within]
        assert (free == now) == (len(recent) < most)
        if free == now:
            pacer.take("k", now)
            sent.append(now)


def test_what_went_before_this_process_began_counts_in_whatever_order_it_is_told() -> None:
    pacer = Pacer(Limit("x", 3, 100))
    for instant in (80, 20, 50):
        pacer.take("k", instant)
    assert pacer.free_at("k", 90) == 120
    assert pacer.free_at("k", 121) == 121
    pacer.take("k", 121)
    assert pacer.free_at("k", 121) == 150


def test_a_block_holds_one_key_alone() -> None:
    pacer = Pacer(Limit("x", 2, 10))
    pacer.block("a", 50)
    pacer.block("a", 40)
    assert (pacer.free_at("a", 5), pacer.free_at("b", 5), pacer.free_at("a", 60)) == (50, 5, 60)
