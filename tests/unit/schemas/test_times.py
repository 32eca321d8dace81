"""Instants and Beijing's days."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import DAY, date_of, day_after, format_instant, parse_date, parse_instant, start_of

MOMENTS = st.datetimes(datetime(1, 1, 5), datetime(9999, 12, 25))  # noqa: DTZ001 - naive on purpose: the offset is drawn


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("2022-01-12T09:30:00+08:00", "2022-01-12T01:30:00.000Z"),
        ("2022-01-12t01:30:00.9999z", "2022-01-12T01:30:00.999Z"),
        ("2022-01-12T01:30:00.1-00:30", "2022-01-12T02:00:00.100Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000Z"),
    ],
)
def test_an_instant_is_cut_to_milliseconds(text, formatted):
    assert format_instant(parse_instant(text)) == formatted


@pytest.mark.parametrize(
    "text",
    [
        "", "2022-01-12", "2022-01-12T09:30:00", "2022-01-12T09:30Z", "2022-01-12 09:30:00Z", "2022-13-01T00:00:00Z",
        "2022-01-12T24:00:00Z", "2022-01-12T09:30:00+24:00", "2022-01-12T09:30:00+0800", "2022-01-12T09:30:00.Z",
        "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "２０２２-01-12T09:30:00Z", "2022-01-12T09:30:00Z\n",
    ],
)  # fmt: skip
def test_what_is_no_rfc3339_time_with_an_offset_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the calendar's as well as ours
        parse_instant(text)


@given(MOMENTS, st.integers(-23 * 60, 23 * 60))
def test_reading_agrees_with_the_calendar(moment, minutes):
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    instant = parse_instant(moment.isoformat())
    assert instant == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert parse_instant(format_instant(instant)) == instant


@given(MOMENTS)
def test_an_instant_lies_within_its_beijing_day(moment):
    instant = parse_instant(moment.isoformat() + "Z")
    day = date_of(instant)
    assert start_of(day) <= instant < start_of(day_after(day)) == start_of(day) + DAY


@given(st.text(max_size=40))
def test_any_text_is_a_time_and_a_date_or_a_value_error(text):
    for reader in (parse_instant, parse_date):
        try:
            reader(text)
        except ValueError:
            continue
