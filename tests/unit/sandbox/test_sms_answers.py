"""The sandbox's SMS: signed requests, registered templates, fifty a day, records, receipts pushed until taken."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.sandbox.clock import MINUTE, SECOND
from connectors.sandbox.sms import signature
from tests.unit.sandbox.conftest import NOW

PHONE = "13800000001"
PARAM = '{"shop":"店","what":"缺凭证","since":"1月5日 09:00","todo":"请补传"}'


def signed(key: str = "sandbox", **changes: str | None) -> dict[str, str]:
    values: dict[str, str | None] = {
        "Action": "SendSms",
        "Version": "2017-05-25",
        "AccessKeyId": "sandbox",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "PhoneNumbers": PHONE,
        "SignName": "联防",
        "TemplateCode": "LF_ONE",
        "TemplateParam": PARAM,
        "OutId": "notice-1",
    }
    given = {name: value for name, value in (values | changes).items() if value is not None}
    return given | {"Signature": changes.get("Signature") or signature("POST", given, key)}


async def send(client: Any, key: str = "sandbox", **changes: str | None) -> tuple[int, str]:
    response = await client.post("/", data=signed(key, **changes))
    return response.status, (await response.json())["Code"]


def test_the_signature_is_the_one_of_the_providers_example() -> None:
    """The example of help.aliyun.com, "签名机制" of the RPC style (there for ECS, DescribeRegions, GET)."""
    values = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }
    assert signature("GET", values, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


async def test_an_accepted_message_has_a_number_and_the_text_of_its_template(client: Any) -> None:
    response = await client.post("/", data=signed())
    answer = await response.json()
    assert (response.status, answer["Code"], answer["Message"]) == (200, "OK", "OK")
    (message,) = client.sandbox.store.messages
    assert (message.biz_id, message.notice, message.to) == (answer["BizId"], "notice-1", PHONE)
    assert message.body == "【联防】店：缺凭证，自1月5日 09:00起。请补传。"


async def test_it_is_not_idempotent(client: Any) -> None:
    assert [await send(client), await send(client)] == [(200, "OK")] * 2
    assert len(client.sandbox.store.messages) == 2


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"PhoneNumbers": "12345"}, 200, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": None}, 200, "isv.INVALID_PARAMETERS"),
        ({"SignName": "别人"}, 200, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_1"}, 200, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{"}, 200, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "[]"}, 200, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": PARAM.replace("店", "")}, 200, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": PARAM.replace("店", "店" * 36)}, 200, "isv.PARAM_LENGTH_LIMIT"),
        ({"TemplateParam": PARAM.replace("店", "http://x")}, 200, "isv.BLACK_KEY_CONTROL_LIMIT"),
        ({"AccessKeyId": "nobody"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"Signature": "wrong"}, 400, "SignatureDoesNotMatch"),
        ({"Timestamp": "2022-01-01T00:00:00Z"}, 400, "InvalidTimeStamp.Expired"),
        ({"Timestamp": "now"}, 400, "InvalidTimeStamp.Format"),
        ({"Timestamp": None}, 400, "MissingTimestamp"),
        ({"Version": "1"}, 400, "InvalidVersion"),
        ({"Action": "Nothing"}, 404, "InvalidAction.NotFound"),
    ],
)
async def test_what_is_refused_and_with_which_code(client: Any, changes: Any, status: int, code: str) -> None:
    assert await send(client, **changes) == (status, code)
    assert client.sandbox.store.messages == []


async def test_a_nonce_counts_once(client: Any) -> None:
    assert await send(client, SignatureNonce="once") == (200, "OK")
    assert await send(client, SignatureNonce="once") == (400, "SignatureNonceUsed")


async def test_fifty_a_day_for_a_number_and_template(client: Any) -> None:
    codes = [(await send(client))[1] for _ in range(51)]
    assert codes == ["OK"] * 50 + ["isv.BUSINESS_LIMIT_CONTROL"]
    assert (await send(client, PhoneNumbers="13800000002"))[1] == "OK"
    client.sandbox.clock.set(NOW + 12 * 60 * MINUTE)
    assert (await send(client))[1] == "OK"


async def details(client: Any, **changes: str) -> dict[str, Any]:
    asked = {"PhoneNumber": PHONE, "SendDate": "20220105", "PageSize": "50", "CurrentPage": "1"}
    absent = dict.fromkeys(("PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId"))
    response = await client.post("/", data=signed(Action="QuerySendDetails", **absent, **(asked | changes)))
    return await response.json()


async def test_the_records_know_what_was_accepted_and_whether_it_came(client: Any) -> None:
    await send(client)
    found = await details(client)
    (row,) = found["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (found["Code"], found["TotalCount"]) == ("OK", 1)
    assert (row["OutId"], row["SendStatus"], row["SendDate"]) == ("notice-1", 1, "2022-01-05 12:00:00")
    assert (await details(client, SendDate="20220104"))["TotalCount"] == 0
    assert (await details(client, PhoneNumber="13800000002"))["TotalCount"] == 0
    assert (await details(client, PageSize="99"))["Code"] == "isv.INVALID_PARAMETERS"


async def test_receipts_are_an_array_pushed_again_at_one_five_and_ten_minutes(client: Any) -> None:
    pushes: list[tuple[int, Any]] = []
    clock, later = client.sandbox.clock, [MINUTE, 5 * MINUTE, 10 * MINUTE]

    async def take(request: web.Request) -> web.Response:
        pushes.append((clock.now() - NOW, await request.json()))
        if not later:
            return web.json_response({"code": 0})
        clock.set(clock.now() + later.pop(0))  # before the refusal arrives: a minute counts from the push
        return web.json_response({}, status=500)

    app = web.Application()
    app.router.add_post("/", take)
    async with TestServer(app) as server:
        await client.post("/admin/report", json={"url": str(server.make_url("/"))})
        await send(client)
        clock.set(clock.now() + SECOND)
        async with asyncio.timeout(30):
            while len(pushes) < 4:
                await asyncio.sleep(0.01)
    (report,) = pushes[0][1]
    assert (report["out_id"], report["success"], report["err_code"]) == ("notice-1", True, "DELIVERED")
    assert report["report_time"] == "2022-01-05 12:00:01"
    assert client.sandbox.receipts.waiting == 0
