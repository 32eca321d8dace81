"""SMS: never twice what the records have, 50 a day, receipts that count once however often they are pushed."""

from __future__ import annotations

import aiohttp
import pytest

from connectors.bridges.receipts import Receipts
from connectors.bridges.sms import LIMITED, marked
from schemas.registry import ChannelKind
from schemas.times import DAY, MINUTE, SECOND
from tests.unit.bridges.stage import NOON, PHONE, Stage, notice, stage

SMS = ChannelKind.SMS
TEXT = "【联防】店1：缺检验检疫证明，自1月5日 09:00起。请补传。"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is not answered within two seconds is given up. Long enough for a busy machine to answer in."""
    monkeypatch.setattr("connectors.bridges.sms.PATIENCE", aiohttp.ClientTimeout(total=2))


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.bridges.delivery.LOOK_AFTER", (0.01, 0.05))


async def test_a_notice_is_accepted_with_the_providers_number_and_our_id() -> None:
    async with stage(SMS) as bridge:
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        assert bridge.bodies == [TEXT]
        (message,) = bridge.sandbox.store.messages
        assert (message.notice, message.to) == (notice(1).id, PHONE)
        assert bridge.receipts[0].provider_id == message.biz_id


async def test_after_a_time_out_the_records_say_that_it_was_accepted_and_nothing_is_sent_again(impatient: None) -> None:
    async with stage(SMS) as bridge:
        bridge.sandbox.faults.add({"channel": "sms", "kind": "hang-after", "seconds": 30})
        bridge.put(notice(1, channel=SMS, critical=True))
        await bridge.settle()
        assert bridge.outcomes == ["accepted found-in-records"]
        assert bridge.bodies == [TEXT]


async def test_after_a_time_out_the_records_do_not_have_it_and_it_is_sent_again(impatient: None) -> None:
    async with stage(SMS) as bridge:
        bridge.sandbox.faults.add({"channel": "sms", "kind": "hang-before", "seconds": 30})
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        assert bridge.outcomes == ["retry-later not-in-records", "accepted"]
        assert bridge.bodies == [TEXT]


async def test_records_that_can_not_be_read_leave_it_unknown(impatient: None) -> None:
    async with stage(SMS) as bridge:
        bridge.sandbox.faults.add({"channel": "sms", "kind": "hang-after", "seconds": 30})
        bridge.sandbox.faults.add({"channel": "sms-records", "kind": "status", "times": 9})
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        assert bridge.outcomes == ["unknown records-not-readable"]


@pytest.mark.parametrize(("write", "moment"), [(1, "after"), (2, "before")])
async def test_who_dies_between_intent_and_outcome_asks_the_records(write: int, moment: str) -> None:
    async with stage(SMS) as bridge:
        bridge.put(notice(1, channel=SMS))
        bridge.journal.dies = (write, moment)
        await bridge.run_until(bridge.journal.dead.is_set)
        bridge.restart()
        await bridge.settle()
        assert bridge.bodies == [TEXT]
        assert bridge.outcomes[-1].startswith("accepted")


async def test_a_number_gets_fifty_a_day_and_the_provider_never_has_to_say_so() -> None:
    async with stage(SMS) as bridge:
        bridge.put(*(notice(number, channel=SMS) for number in range(52)))
        await bridge.settle()
        assert len(bridge.bodies) == 52
        assert [message.at - NOON for message in bridge.sandbox.store.messages][49:51] == [0, DAY]
        assert f"sms {LIMITED}" not in bridge.sandbox.store.answers


async def test_the_limit_holds_over_a_restart() -> None:
    async with stage(SMS) as bridge:
        bridge.put(*(notice(number, channel=SMS) for number in range(50)))
        await bridge.settle()
        bridge.restart()
        bridge.put(notice(99, channel=SMS))
        assert bridge.journal.machine.next(lanes=9) == ([], NOON + DAY)


async def test_the_providers_limit_is_waited_out() -> None:
    async with stage(SMS) as bridge:
        bridge.sandbox.faults.add({"channel": "sms", "kind": "code", "code": LIMITED})
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        assert bridge.outcomes == [f"retry-later {LIMITED}", "accepted"]
        assert bridge.sandbox.store.messages[0].at >= NOON + 10 * MINUTE


async def test_a_number_may_be_written_with_spaces_and_hyphens() -> None:
    async with stage(SMS) as bridge:
        bridge.put(notice(1, channel=SMS, address="138-0000 0001"))
        await bridge.settle()
        assert bridge.sandbox.store.messages[0].to == PHONE


async def test_an_invalid_number_has_failed_for_good() -> None:
    async with stage(SMS) as bridge:
        bridge.put(notice(1, channel=SMS, address="12345"))
        await bridge.settle()
        assert bridge.outcomes == ["failed-for-good isv.MOBILE_NUMBER_ILLEGAL"]


async def test_a_wrong_secret_is_ours_to_mend_and_waits() -> None:
    async with stage(SMS) as bridge:
        bridge.sandbox.sms.secrets["sandbox"] = "another"
        bridge.put(notice(1, channel=SMS))
        await bridge.run_until(lambda: bool(bridge.outcomes))
        assert bridge.outcomes[0] == "retry-later SignatureDoesNotMatch"


async def test_unknown_templates_are_mapped_by_the_settings() -> None:
    async with stage(SMS) as bridge:
        bridge.sandbox.sms.templates = {"SMS_123": bridge.sandbox.sms.templates["LF_ONE"]}
        bridge.provider._templates = {"LF_ONE": "SMS_123"}
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        assert bridge.bodies == [TEXT]


def test_a_repetition_is_marked_within_the_limit_of_a_variable() -> None:
    assert marked({"shop": "店" * 35, "what": "x"})["shop"] == "（重发）" + "店" * 31
    assert marked({"count": "3项待办", "shop": "店"}) == {"count": "（重发）3项待办", "shop": "店"}


async def pushed(bridge: Stage, receipts: Receipts) -> None:
    """Wait until the sandbox has no receipt left to push."""
    await bridge.run_until(lambda: bridge.sandbox.receipts.waiting == 0)


async def test_a_receipt_says_delivered_and_counts_once() -> None:
    async with stage(SMS) as bridge:
        receipts = Receipts()
        receipts.add(0, bridge.journal)
        port = await receipts.serve("127.0.0.1", 0)
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        bridge.sandbox.receipts.url = f"http://127.0.0.1:{port}/receipts"
        bridge.sandbox.clock.set(NOON + 2 * SECOND)
        await bridge.run_until(lambda: "delivered DELIVERED" in bridge.outcomes)
        bridge.sandbox.receipts.expect(bridge.sandbox.sms.sent[0])
        await pushed(bridge, receipts)
        await receipts.close()
        assert bridge.outcomes == ["accepted", "delivered DELIVERED"]


async def test_receipts_are_pushed_again_until_somebody_takes_them() -> None:
    async with stage(SMS) as bridge:
        receipts = Receipts()
        port = await receipts.serve("127.0.0.1", 0)
        bridge.sandbox.receipts.url = f"http://127.0.0.1:{port}/receipts"
        bridge.put(notice(1, channel=SMS))
        await bridge.settle()
        bridge.sandbox.clock.set(NOON + 2 * SECOND)  # its partition is not here yet: 503
        await bridge.run_until(lambda: any(push.attempt == 1 for push in bridge.sandbox.receipts._pushes))
        assert bridge.outcomes == ["accepted"]
        receipts.add(0, bridge.journal)
        bridge.sandbox.clock.set(NOON + 2 * MINUTE)
        await bridge.run_until(lambda: "delivered DELIVERED" in bridge.outcomes)
        await receipts.close()


async def test_a_push_of_another_form_is_refused() -> None:
    receipts = Receipts()
    port = await receipts.serve("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        for body in (b"no json", b"{}", b"[1]"):
            async with session.post(f"http://127.0.0.1:{port}/receipts", data=body) as response:
                assert response.status == 400
        async with session.post(f"http://127.0.0.1:{port}/receipts", json=[{"out_id": "nobody's"}]) as response:
            assert response.status == 503
    await receipts.close()
