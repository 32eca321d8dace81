"""How far feeds are: the last word about each, read to the present end each time, and never half of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition

from schemas.times import MINUTE, format_instant, parse_instant
from streams.clock import feeds as module
from streams.clock.feeds import Feeds
from streams.settings import Settings

AT = parse_instant("2022-01-12T08:00:00Z")
PLACE = TopicPartition("d-feeds", 0)


class Log:
    """A consumer of one partition that hands out one message at a time."""

    def __init__(self) -> None:
        self.options, self.messages, self.at = {}, [], 0

    def opened(self, **options) -> Log:
        self.options = options
        return self

    def say(self, feed: str, until: int | None) -> None:
        value = None if until is None else b'{"complete_until": "%s"}' % format_instant(until).encode()
        self.messages.append(SimpleNamespace(key=feed.encode(), value=value))

    async def end_offsets(self, places):
        return dict.fromkeys(places, len(self.messages))

    async def position(self, place):
        return self.at

    async def getmany(self, timeout_ms):
        self.at += 1
        return {PLACE: [self.messages[self.at - 1]]}


@pytest.fixture
def log(monkeypatch) -> Log:
    made = Log()
    monkeypatch.setattr(module, "AIOKafkaConsumer", made.opened)
    return made


@pytest.fixture
def feeds(log) -> Feeds:
    return Feeds(Settings(prefix="d-"))


async def test_before_any_feed_has_spoken_there_is_none(feeds):
    assert await feeds.read() == {}


async def test_the_last_word_of_each_feed_holds(feeds, log):
    log.say("zj", AT)
    log.say("customs", AT)
    log.say("zj", AT + MINUTE)
    assert await feeds.read() == {"zj": AT + MINUTE, "customs": AT}


async def test_each_look_goes_on_to_the_end_of_that_moment(feeds, log):
    log.say("zj", AT)
    await feeds.read()
    log.say("zj", AT + MINUTE)
    log.say("zj", AT + 2 * MINUTE)
    assert await feeds.read() == {"zj": AT + 2 * MINUTE}


async def test_a_feed_that_is_gone_holds_nothing(feeds, log):
    log.say("zj", AT)
    await feeds.read()
    log.say("zj", None)
    log.say("never-there", None)
    assert await feeds.read() == {}


async def test_what_can_not_be_read_to_its_end_is_not_taken_for_all_there_is(feeds, log, monkeypatch):
    monkeypatch.setattr(module, "DEADLINE", 0.02)
    log.say("zj", AT)
    monkeypatch.setattr(log, "getmany", _nothing)
    with pytest.raises(TimeoutError):
        await feeds.read()


async def _nothing(timeout_ms):
    await asyncio.sleep(0.005)
    return {}


def test_what_a_worker_has_not_committed_is_not_heard(feeds, log):
    assert log.options["isolation_level"] == "read_committed"
    assert log.options["auto_offset_reset"] == "earliest"
    assert log.options["enable_auto_commit"] is False
