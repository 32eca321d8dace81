"""The sandbox's page in a real browser: a phone for each robot and number, live, in Chinese, and text is never HTML."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from connectors.sandbox.app import Sandbox
from schemas.alerts import Kind
from tests.browser.chromium import opened
from tests.unit.routing.district import District, at

MISSING = not (os.environ.get("LIANFANG_TEST_CHROMIUM") or shutil.which("chromium"))


def district() -> list[Any]:
    """A morning of the shop A, and one of its positive sample."""
    made = District().staffed()
    made.fire(Kind.PAPERS_MISSING, "09:30")
    made.fire(Kind.NOT_ON_CHAIN, "09:31")
    made.tick("09:31")
    made.fire(Kind.POSITIVE, "10:00")
    return made.notices


async def test_the_page_shows_each_phone_with_its_messages_as_they_come(tmp_path: Path) -> None:
    assert not MISSING, "chromium is not installed: apt-get install chromium, or set LIANFANG_TEST_CHROMIUM"
    sandbox = Sandbox()
    sandbox.clock.set(at("09:31"))
    sandbox.store.labels["key-owner"] = "富阳鲜果行 店主"
    async with TestServer(sandbox.app()) as server, aiohttp.ClientSession() as session:

        async def send(key: str, content: str) -> None:
            body = {"msgtype": "markdown", "markdown": {"content": content}}
            url = server.make_url("/cgi-bin/webhook/send")
            async with session.post(url, params={"key": key}, json=body) as response:
                assert (await response.json())["errcode"] == 0

        async with opened(str(server.make_url("/")), tmp_path / "profile") as page:
            await page.until("document.querySelector('#state').className === 'live'")
            assert await page.value("document.querySelector('#empty').hidden") is False
            for notice in district():
                for part in notice.texts.wecom.parts:
                    await send(notice.address, part)
            sandbox.store.accept("sms", at("10:01"), "13800000001", "LF_ONE", "【联防】店：缺凭证。", "n")
            await send("key-owner", "<img src=x onerror=alert(1)> **<b>粗</b>**")
            await page.until("document.querySelectorAll('.phone').length === 5")
            await page.until("document.querySelector('#wecom-count').textContent === '8'")
            assert await page.value("document.documentElement.lang") == "zh-CN"
            assert await page.value("document.querySelectorAll('main img, main b').length") == 0
            owner = await page.value(
                "[...document.querySelectorAll('.phone')].find(one => one.innerText.includes('果行 店主')).innerText"
            )
            for word in ("联防提醒：2项待办", "缺检验检疫证明", "紧急：检出阳性", "1月5日 12:00前", "<img src=x"):
                assert word in owner
            assert await page.value("document.querySelectorAll('li.urgent .warning').length") == 4
            assert await page.value("getComputedStyle(document.querySelector('.bubble')).fontSize") == "17px"
            await page.call(
                "Runtime.evaluate",
                expression="const box = document.querySelector('#find'); box.value = '13800000001';"
                "box.dispatchEvent(new Event('input'))",
            )
            assert await page.value("document.querySelectorAll('.phone').length") == 1
            await send("key-late", "另一家")
            await page.until("document.querySelector('#phones-count').textContent === '6'")
            assert await page.value("document.querySelectorAll('.phone').length") == 1
            await page.call("Runtime.evaluate", expression="box.value = ''; box.dispatchEvent(new Event('input'))")
            assert await page.value("document.querySelector('.phone .who').textContent") == "key-late"
            assert await page.value("document.querySelectorAll('.phone').length") == 6
            await page.screenshot(tmp_path / "page.png")
            assert (tmp_path / "page.png").stat().st_size > 10_000
            assert page.errors == []
