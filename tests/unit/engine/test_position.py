"""The position row can be read by a person, and by every later version."""

import msgspec
import pytest

from streams.engine.position import NewerPosition, Position


def test_it_comes_back_as_it_was():
    position = Position(41, 1642420800000, "abc", 7)
    assert Position.decode(position.encode()) == position


def test_a_tick_that_is_under_way_comes_back_and_stops_a_program_that_would_pass_over_it():
    position = Position(41, 900, ticking=(1000, 38, 1001))
    assert Position.decode(position.encode()) == position
    assert position.done == 38
    assert b'"version":2' in position.encode()
    assert b'"version":1' in Position(41, 900).encode()


def test_the_first_releases_row_is_read():
    golden = b'{"next":41,"tick":null,"rules":"","version":1}'
    assert Position.decode(golden) == Position(41)


def test_a_newer_one_stops_an_older_program():
    with pytest.raises(NewerPosition, match="version 3"):
        Position.decode(b'{"next":41,"version":3,"more":1}')


def test_what_is_no_position_row_is_an_error():
    with pytest.raises(msgspec.ValidationError):
        Position.decode(b'{"tick":4}')
