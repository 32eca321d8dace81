"""WeCom: each notice once; paced; what is not known is said so, and repeated once, marked, only if critical."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from connectors.bridges.limits import LIMITS
from connectors.bridges.model import GIVE_UP
from schemas.registry import ChannelKind
from schemas.times import MINUTE
from tests.unit.bridges.stage import NOON, notice, stage


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is not answered within two seconds is given up. Long enough for a busy machine to answer in."""
    monkeypatch.setattr("connectors.bridges.wecom.PATIENCE", aiohttp.ClientTimeout(total=2))


async def test_a_notice_is_accepted_once_and_its_receipt_says_so() -> None:
    async with stage() as bridge:
        bridge.put(notice(1))
        await bridge.settle()
        assert bridge.bodies == ["消息1"]
        assert bridge.outcomes == ["accepted"]
        assert bridge.sandbox.store.messages[0].notice == f"{notice(1).id}/1"
        assert (bridge.receipts[0].attempt, bridge.receipts[0].recipient) == (1, "person-1")


async def test_a_notice_that_comes_twice_is_sent_once() -> None:
    async with stage() as bridge:
        bridge.put(notice(1), notice(1))
        await bridge.settle()
        bridge.put(notice(1))
        bridge.restart()
        bridge.put(notice(1))
        await bridge.settle()
        assert bridge.bodies == ["消息1"]


async def test_notices_of_other_channels_are_not_ours() -> None:
    async with stage() as bridge:
        bridge.put(notice(1, channel=ChannelKind.SMS))
        await bridge.settle()
        assert bridge.bodies == []
        assert len(bridge.journal.machine.rows) == 0


async def test_the_whole_url_of_a_robot_is_an_address_too() -> None:
    async with stage() as bridge:
        bridge.put(notice(1, address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a-91f6&debug=1"))
        await bridge.settle()
        assert bridge.sandbox.store.messages[0].to == "693a-91f6"


async def test_critical_ones_go_first() -> None:
    async with stage() as bridge:
        bridge.put(*(notice(number) for number in range(10)), notice(10, critical=True))
        jobs, later = bridge.journal.machine.next(lanes=3)
        assert [job.recipient for job in jobs] == ["person-10", "person-0", "person-1", "person-2"]
        assert later is None


async def test_the_parts_of_a_notice_come_in_order_and_one_receipt_says_all_are_accepted() -> None:
    async with stage() as bridge:
        bridge.put(notice(1, parts=3))
        await bridge.settle()
        assert bridge.bodies == ["消息1之1", "消息1之2", "消息1之3"]
        assert bridge.outcomes == ["accepted"]


async def test_a_robot_gets_twenty_a_minute_and_the_provider_never_says_too_fast() -> None:
    async with stage() as bridge:
        bridge.put(*(notice(number) for number in range(45)))
        await bridge.settle()
        times = [message.at - NOON for message in bridge.sandbox.store.messages]
        within = LIMITS[ChannelKind.WECOM_ROBOT].within
        assert len(times) == 45
        assert times[:20] == [0] * 20
        assert times[20] >= within
        assert times[40] >= 2 * within
        assert "wecom 45009" not in bridge.sandbox.store.answers


async def test_one_robot_that_has_to_wait_does_not_hold_up_the_others() -> None:
    async with stage() as bridge:
        bridge.put(*(notice(number) for number in range(25)), notice(99, address="other"))
        jobs, later = bridge.journal.machine.next(lanes=100)
        assert "person-99" in {job.recipient for job in jobs}
        assert later == NOON + LIMITS[ChannelKind.WECOM_ROBOT].within


async def test_too_fast_all_the_same_waits_a_minute_and_holds_the_robot() -> None:
    async with stage() as bridge:
        for number in range(20):
            bridge.sandbox.robots.judge("robot", {"msgtype": "text", "text": {"content": str(number)}}, NOON)
        bridge.put(notice(1))
        await bridge.settle()
        assert bridge.outcomes == ["retry-later errcode 45009", "accepted"]
        assert bridge.sandbox.store.messages[0].at >= NOON + MINUTE


@pytest.mark.parametrize(
    ("fault", "word"),
    [({"kind": "code", "code": "-1"}, "errcode -1"), ({"kind": "status", "status": 503}, "HTTP 503")],
)
async def test_a_busy_provider_is_tried_again(fault: dict[str, object], word: str) -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "times": 2, **fault})
        bridge.put(notice(1))
        await bridge.settle()
        assert bridge.outcomes == [f"retry-later {word}", f"retry-later {word}", "accepted"]
        assert bridge.bodies == ["消息1"]
        assert bridge.receipts[-1].attempt == 3


@pytest.mark.parametrize("code", ["93000", "40058"])
async def test_a_refusal_for_good_is_not_tried_again(code: str) -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "code", "code": code})
        bridge.put(notice(1))
        await bridge.settle()
        assert bridge.outcomes == [f"failed-for-good errcode {code}"]
        assert bridge.bodies == []


async def test_a_time_out_after_acceptance_is_unknown_and_not_repeated(impatient: None) -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "hang-after", "seconds": 30})
        bridge.put(notice(1))
        await bridge.settle()
        assert bridge.outcomes[0].startswith("unknown")
        assert len(bridge.outcomes) == 1
        assert bridge.bodies == ["消息1"]


async def test_a_critical_one_is_repeated_once_and_marked(impatient: None) -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "hang-after", "seconds": 30})
        bridge.put(notice(1, critical=True))
        await bridge.settle()
        assert bridge.bodies == ["消息1", "【重发】消息1"]
        assert [word.split()[0] for word in bridge.outcomes] == ["unknown", "accepted"]


async def test_a_critical_one_that_is_unknown_twice_is_not_sent_a_third_time(impatient: None) -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "hang-after", "seconds": 30, "times": 2})
        bridge.put(notice(1, critical=True))
        await bridge.settle()
        assert bridge.bodies == ["消息1", "【重发】消息1"]
        assert [word.split()[0] for word in bridge.outcomes] == ["unknown", "unknown"]


async def test_after_an_unknown_part_the_others_still_go(impatient: None) -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "hang-before", "seconds": 30})
        bridge.put(notice(1, parts=2))
        await bridge.settle()
        assert bridge.bodies == ["消息1之2"]
        assert [word.split()[0] for word in bridge.outcomes] == ["unknown", "accepted"]


async def test_a_provider_that_hangs_does_not_hold_up_a_critical_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.bridges.wecom.PATIENCE", aiohttp.ClientTimeout(total=120))
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "hang-before", "seconds": 120, "times": 16})
        async with bridge.running():
            bridge.put(*(notice(number, address=f"robot-{number}") for number in range(17)))
            async with asyncio.timeout(30):
                while bridge.sandbox.store.answers["wecom fault hang-before"] < 16:
                    await asyncio.sleep(0.01)
            bridge.put(notice(99, critical=True))
            async with asyncio.timeout(30):  # the others will hang for longer
                while "消息99" not in bridge.bodies:
                    await asyncio.sleep(0.005)


@pytest.mark.parametrize("critical", [False, True])
async def test_who_dies_after_the_intent_and_before_the_call_leaves_it_unknown(critical: bool) -> None:
    async with stage() as bridge:
        bridge.put(notice(1, critical=critical))
        bridge.journal.dies = (1, "after")
        await bridge.run_until(bridge.journal.dead.is_set)
        assert bridge.bodies == []
        bridge.restart()
        await bridge.settle()
        assert bridge.outcomes == (["unknown no-answer", "accepted"] if critical else ["unknown no-answer"])
        assert bridge.bodies == (["【重发】消息1"] if critical else [])


async def test_who_dies_before_the_intent_is_durable_has_sent_nothing_and_the_next_sends_it() -> None:
    async with stage() as bridge:
        bridge.put(notice(1))
        bridge.journal.dies = (1, "before")
        await bridge.run_until(bridge.journal.dead.is_set)
        bridge.restart()
        await bridge.settle()
        assert bridge.bodies == ["消息1"]
        assert bridge.outcomes == ["accepted"]


async def test_who_dies_before_the_outcome_is_durable_does_not_send_it_again() -> None:
    async with stage() as bridge:
        bridge.put(notice(1))
        bridge.journal.dies = (2, "before")
        await bridge.run_until(bridge.journal.dead.is_set)
        assert bridge.bodies == ["消息1"]
        bridge.restart()
        await bridge.settle()
        assert bridge.bodies == ["消息1"]
        assert bridge.outcomes == ["unknown no-answer"]


async def test_no_connection_is_tried_again_because_nothing_can_have_been_accepted() -> None:
    async with stage() as bridge:
        address = bridge.provider._url
        bridge.provider._url = "http://127.0.0.1:1/cgi-bin/webhook/send"
        bridge.put(notice(1))
        await bridge.run_until(lambda: len(bridge.outcomes) == 1)
        assert bridge.outcomes[0].startswith("retry-later")
        bridge.provider._url = address
        bridge.restart()
        await bridge.settle()
        assert bridge.outcomes[-1] == "accepted"


async def test_what_could_not_be_sent_for_a_day_has_failed() -> None:
    async with stage() as bridge:
        bridge.sandbox.faults.add({"channel": "wecom", "kind": "code", "code": "-1"})
        bridge.put(notice(1))
        bridge.clock.seen(NOON + GIVE_UP + 1)
        await bridge.settle()
        assert bridge.outcomes == ["failed-for-good gave-up"]


async def test_what_is_done_is_forgotten_after_three_days() -> None:
    async with stage() as bridge:
        bridge.put(notice(1))
        await bridge.settle()
        assert len(bridge.journal.machine.rows) == 1
        bridge.put(notice(2, at=NOON + 3 * 24 * 60 * MINUTE))
        await bridge.settle()
        assert len(bridge.journal.machine.rows) == 1


async def test_the_text_is_not_kept_once_it_is_sent() -> None:
    async with stage() as bridge:
        bridge.put(notice(1))
        await bridge.settle()
        assert not any("消息".encode() in (value or b"") for value in bridge.journal.durable.values())
