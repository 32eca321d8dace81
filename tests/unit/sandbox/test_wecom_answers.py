"""The sandbox's WeCom: errcode under HTTP 200, byte limits, twenty a minute, and the form of a request."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.clock import MINUTE
from tests.unit.sandbox.conftest import NOW


async def send(client: Any, body: Any, key: str = "k", **headers: str) -> int:
    response = await client.post("/cgi-bin/webhook/send", params={"key": key}, json=body, headers=headers)
    assert response.status == 200
    answer = await response.json()
    assert set(answer) == {"errcode", "errmsg"}
    return answer["errcode"]


def text(content: str, form: str = "text") -> dict[str, Any]:
    return {"msgtype": form, form: {"content": content}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (text("好" * 682 + "ab"), 0),  # 2,048 bytes
        (text("好" * 682 + "abc"), 40058),
        (text("好" * 1365 + "a", "markdown"), 0),  # 4,096 bytes
        (text("好" * 1365 + "ab", "markdown"), 40058),
        (text(" "), 44004),
        ({"msgtype": "text"}, 47001),
        ({"msgtype": "text", "text": {"content": 5}}, 47001),
        ({"msgtype": "voice"}, 40008),
        ([], 47001),
    ],
)
async def test_what_a_robot_answers(client: Any, body: Any, code: int) -> None:
    assert await send(client, body) == code


async def test_what_is_no_json_is_a_format_error(client: Any) -> None:
    response = await client.post("/cgi-bin/webhook/send?key=k", data=b"{")
    assert (await response.json())["errcode"] == 47001


async def test_twenty_a_minute_for_each_robot(client: Any) -> None:
    assert [await send(client, text("a")) for _ in range(21)] == [0] * 20 + [45009]
    assert await send(client, text("a"), key="another") == 0
    client.sandbox.clock.set(NOW + MINUTE)
    assert await send(client, text("a")) == 0


async def test_what_is_refused_does_not_count_for_the_limit(client: Any) -> None:
    for _ in range(30):
        assert await send(client, text("")) == 44004
    assert await send(client, text("a")) == 0


async def test_a_robot_that_is_gone_and_one_without_key(client: Any) -> None:
    await client.post("/admin/revoke", json={"key": "gone"})
    assert await send(client, text("a"), key="gone") == 93000
    assert await send(client, text("a"), key="") == 93000


async def test_accepted_messages_are_listed_with_time_address_and_notice(client: Any) -> None:
    await client.post("/admin/labels", json={"k": "店主"})
    await send(client, text("你好"), **{"x-lianfang-notice": "n1/1"})
    listed = await (await client.get("/messages")).json()
    (message,) = listed["messages"]
    assert message == {
        "number": 1,
        "channel": "wecom",
        "at": NOW,
        "to": "k",
        "form": "text",
        "body": "你好",
        "notice": "n1/1",
        "biz_id": None,
        "label": "店主",
    }
    assert listed["answers"] == {"wecom 0": 1}
    assert (await (await client.get("/messages?after=1")).json())["messages"] == []


async def test_time_is_what_is_said_and_never_goes_back(client: Any) -> None:
    await send(client, text("a"), **{"x-sandbox-now": str(NOW + 5)})
    await send(client, text("b"), **{"x-sandbox-now": str(NOW)})
    listed = await (await client.get("/messages")).json()
    assert [message["at"] for message in listed["messages"]] == [NOW + 5, NOW + 5]


@pytest.mark.parametrize("fault", [{"kind": "nonsense", "channel": "wecom"}, {"kind": "slow"}, {"what": 1}])
async def test_a_fault_that_is_none_is_refused(client: Any, fault: Any) -> None:
    assert (await client.post("/admin/faults", json=fault)).status == 400


async def test_faults_are_used_up(client: Any) -> None:
    await client.post("/admin/faults", json={"channel": "wecom", "kind": "status", "status": 502, "times": 2})
    statuses = [(await client.post("/cgi-bin/webhook/send?key=k", json=text("a"))).status for _ in range(3)]
    assert statuses == [502, 502, 200]
    await client.post("/admin/faults", json={"channel": "wecom", "kind": "slow", "seconds": 0.01})
    assert await send(client, text("a")) == 0
    assert (await client.post("/admin/nothing", json={})).status == 404


async def test_messages_come_live_and_a_reader_that_comes_back_misses_none(client: Any) -> None:
    await send(client, text("一"))
    response = await client.get("/events")
    assert (await response.content.readline()) == b"id: 1\n"
    await response.content.readline()
    await response.content.readline()
    await send(client, text("二"))
    assert (await response.content.readline()) == b"id: 2\n"
    response.close()
    again = await client.get("/events", headers={"last-event-id": "1"})
    assert (await again.content.readline()) == b"id: 2\n"
    again.close()
