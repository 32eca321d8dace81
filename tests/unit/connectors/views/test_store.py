"""The views: present form of every alert, found by place and kind, who was told; each message once, in one MULTI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import orjson
import pytest
from redis.asyncio import Redis

from connectors.embedded import Supervisor
from connectors.embedded.servers import start_store
from connectors.views.keys import By
from connectors.views.read import Views
from connectors.views.store import Message, Moved, Store, readable
from schemas.alerts import Alert, AsOf, Kind, Place, Resolution, Severity, alert_id
from schemas.notices import About, Change, Outcome, Receipt, Suppressed
from schemas.registry import ChannelKind, Role
from tests.alerts import alert

HOME = Place("330111", "330111001", "330111001-03", "富春所")
ALERT = alert(
    place=HOME,
    detail={"lot": "lot-1", "goods": "fruit", "missing": ["quarantine"]},
    as_of=AsOf("2022-01-20T01:01:00.000Z", 3, 17),
    text="批次 lot-1 缺少检验检疫证明",
)
RESOLVED = replace(ALERT, status="resolved", revision=2, resolved_by=Resolution.RECORD)
PRIVATE = replace(
    ALERT, id=alert_id("test-overdue", "op-1", "s-1"), kind=Kind.TEST_OVERDUE, subject="s-1", detail={"staff": "s-1"}
)
ABOUT = About(ALERT.id, "papers-missing", "op-1", 1, Change.BEGINS, Role.OFFICER, ALERT.changed_at)
NOTICE = {
    "id": "n1",
    "recipient": "p-7",
    "role": "officer",
    "group": False,
    "channel": "sms",
    "address": "13800001111",
    "channels": [],
    "critical": False,
    "private": False,
    "drill": False,
    "made_at": ALERT.changed_at,
    "changed_at": ALERT.changed_at,
    "title": "张三水果店",
    "lines": ["张三水果店缺检疫证明"],
    "about": [ABOUT],
    "texts": {
        "wecom": {"msgtype": "text", "parts": ["张三水果店"]},
        "sms": {"template": "t", "variables": {}, "length": 5, "parts": 1},
    },
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Supervisor() as supervisor:
        yield start_store(supervisor).address


@pytest.fixture
async def redis(url) -> AsyncIterator[Redis]:
    client = Redis.from_url(url)
    await client.flushall()
    yield client
    await client.aclose()


class Log:
    """Takes messages into the store in order, as the process would, with growing offsets."""

    def __init__(self, redis: Redis) -> None:
        self.store = Store(redis)
        self.at: dict[tuple[str, int], int] = {}

    async def say(
        self, *values: Alert | dict | Receipt, topic: str = "alerts", key: str = "", live: bool = False
    ) -> None:
        messages, after = [], {}
        for value in values:
            offset = after.get((topic, 0), self.at.get((topic, 0), 0))
            name = value.id if isinstance(value, Alert) else key
            messages.append(Message(topic, 0, offset, name.encode(), None if value == {} else orjson.dumps(value)))
            after[topic, 0] = offset + 1
        await self.store.apply(messages, before=self.at, after=after, live=live)
        self.at |= after


@pytest.fixture
def log(redis) -> Log:
    return Log(redis)


@pytest.fixture
def views(redis) -> Views:
    return Views(redis)


async def test_an_alert_that_stands_is_found_by_operator_kind_office_grid_and_town(log, views):
    await log.say(ALERT)
    for by, value in [
        (By.OPERATOR, "op-1"),
        (By.KIND, "papers-missing"),
        (By.OFFICE, "富春所"),
        (By.GRID, "330111001-03"),
        (By.TOWN, "330111001"),
    ]:
        assert await views.standing({by: value}) == [ALERT]
        assert await views.standing({by: value + "x"}) == []
    assert await views.standing({By.OFFICE: "富春所", By.KIND: "positive"}) == []


async def test_a_resolved_alert_stands_no_longer_and_is_still_known(log, views):
    await log.say(ALERT, RESOLVED)
    assert await views.standing() == []
    assert await views.standing({By.OFFICE: "富春所"}) == []
    assert await views.alert(ALERT.id) == RESOLVED


async def test_an_alert_that_moved_to_another_grid_is_found_there_only(log, views):
    moved = replace(ALERT, revision=2, place=replace(HOME, grid="330111001-04"))
    await log.say(ALERT)
    await log.say(moved)
    assert await views.standing({By.GRID: "330111001-03"}) == []
    assert await views.standing({By.GRID: "330111001-04"}) == [moved]


async def test_an_alert_without_a_place_is_found_by_operator(log, views):
    nowhere = replace(ALERT, place=None)
    await log.say(nowhere)
    assert await views.standing({By.OPERATOR: "op-1"}) == [nowhere]


async def test_a_tombstone_forgets_the_alert(log, views):
    await log.say(ALERT)
    await log.say({}, key=ALERT.id)
    assert await views.alert(ALERT.id) is None
    assert await views.standing() == []


async def test_the_most_urgent_come_first_then_the_oldest(log, views):
    def other(subject: str, severity: Severity, since: str) -> Alert:
        return replace(ALERT, id=alert_id("x", "o", subject), subject=subject, severity=severity, since=since)

    young = other("a", Severity.WARNING, "2022-01-21T01:00:00.000Z")
    info = other("b", Severity.INFO, "2022-01-01T01:00:00.000Z")
    critical = other("c", Severity.CRITICAL, "2022-01-22T01:00:00.000Z")
    await log.say(young, info, critical, ALERT)
    assert [alert.subject for alert in await views.standing()] == ["c", "lot-1", "a", "b"]


async def test_private_kinds_are_shown_only_to_who_asks_for_them(log, views, redis):
    await log.say(ALERT)
    await log.say(PRIVATE, topic="alerts-private")
    assert await views.standing() == [ALERT]
    assert await views.alert(PRIVATE.id) is None
    assert {a.kind for a in await views.standing(private=True)} == {Kind.PAPERS_MISSING, Kind.TEST_OVERDUE}
    public = b"".join([await redis.dump(key) async for key in redis.scan_iter("*:public:*")])
    assert ALERT.id.encode() in public
    assert PRIVATE.id.encode() not in public


async def test_who_was_told_is_known_with_each_outcome_in_order(log, views):
    await log.say(ALERT)
    await log.say(NOTICE, topic="notices")
    (told,) = await views.told(ALERT.id)
    assert (told.recipient, told.role, told.outcome) == ("p-7", Role.OFFICER, Outcome.QUEUED)
    for outcome in (Outcome.SUBMITTED, Outcome.DELIVERED):
        receipt = Receipt("n1", "p-7", outcome, ALERT.changed_at, channel=ChannelKind.SMS, code="OK")
        await log.say(receipt, topic="receipts")
    (told,) = await views.told(ALERT.id)
    assert told.outcome is Outcome.DELIVERED
    assert [receipt.outcome for receipt in told.receipts] == [Outcome.SUBMITTED, Outcome.DELIVERED]


async def test_a_receipt_may_be_read_before_its_notice(log, views):
    await log.say(Receipt("n1", "p-7", Outcome.ACCEPTED, ALERT.changed_at), topic="receipts")
    assert await views.told(ALERT.id) == []
    await log.say(NOTICE, topic="notices")
    assert [told.outcome for told in await views.told(ALERT.id)] == [Outcome.ACCEPTED]


async def test_who_could_not_be_told_is_known_too(log, views):
    receipt = Receipt(
        "n2", "", Outcome.SUPPRESSED, ALERT.changed_at, reason=Suppressed.NOBODY, critical=True, about=[ABOUT]
    )
    await log.say(receipt, topic="receipts")
    (told,) = await views.told(ALERT.id)
    assert (told.outcome, told.receipts[0].reason) == (Outcome.SUPPRESSED, Suppressed.NOBODY)


async def test_no_name_address_or_text_of_a_message_is_kept(log, redis):
    await log.say(NOTICE, topic="notices")
    kept = b"".join([value for key in await redis.keys("*notice*") for value in (await redis.hgetall(key)).values()])
    assert b"p-7" in kept
    assert "张三".encode() not in kept
    assert b"13800001111" not in kept


async def test_a_batch_that_was_taken_in_already_is_refused_as_a_whole(log, redis):
    await log.say(ALERT)
    again = Store(redis)
    with pytest.raises(Moved):
        await again.apply(
            [Message("alerts", 0, 0, ALERT.id.encode(), orjson.dumps(RESOLVED))],
            before={},
            after={("alerts", 0): 1},
            live=False,
        )
    assert await Views(redis).alert(ALERT.id) == ALERT


async def test_a_wiped_store_is_noticed_and_knows_nothing(log, redis, views):
    await log.say(ALERT)
    await redis.flushall()
    with pytest.raises(Moved):
        await log.say(RESOLVED)
    assert await log.store.offsets() == {}
    assert not await views.filled()


async def test_wiping_takes_only_what_is_under_the_prefix(redis, log):
    await redis.set("somebody-elses", "1")
    await log.say(ALERT)
    drill = Store(redis, "drill-")
    message = Message("alerts", 0, 0, ALERT.id.encode(), orjson.dumps(ALERT))
    await drill.apply([message], before={}, after={("alerts", 0): 1}, live=False)
    await log.store.wipe()
    assert await redis.get("somebody-elses") == b"1"
    assert await log.store.offsets() == {}
    assert await Views(redis, "drill-").standing() == [ALERT]


async def test_followers_hear_changes_only_once_the_past_was_read(log, redis, views):
    heard: list[Alert] = []
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe("lianfang:public:changes")
        await log.say(ALERT, live=False)
        await log.say(RESOLVED, live=True)
        while not heard:
            message = await channel.get_message(timeout=5)
            if message is not None:
                heard.append(orjson.loads(message["data"])["status"])
    assert heard == ["resolved"]


@pytest.mark.parametrize("topic", ["alerts", "alerts-private", "notices", "receipts"])
def test_what_has_not_the_form_of_its_topic_is_passed_over(topic):
    assert not readable(Message(topic, 0, 0, b"k", b'{"half":'))
    assert not readable(Message(topic, 0, 0, b"k", b'{"id": 7}'))
    assert readable(Message(topic, 0, 0, b"k", None))
