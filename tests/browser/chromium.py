"""A headless Chromium, driven over its DevTools protocol: just what the tests of pages need."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
START = 90.0


class Page:
    """One tab. `errors`: what its scripts threw."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol and its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(START):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("method") == "Runtime.exceptionThrown":
                    self.errors.append(str(answer["params"]["exceptionDetails"]))
                if answer.get("id") == number:
                    assert "error" not in answer, answer
                    return answer["result"]

    async def value(self, expression: str) -> Any:
        """What an expression of JavaScript is worth on the page now."""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until an expression is true. TimeoutError if it never is."""
        look = f"(() => {{ try {{ return Boolean({expression}) }} catch {{ return false }} }})()"  # not there yet
        async with asyncio.timeout(START):
            while not await self.value(look):
                await asyncio.sleep(0.05)

    async def screenshot(self, path: Path) -> None:
        """What the page looks like now, as PNG."""
        shot = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def opened(url: str, profile: Path, *, size: tuple[int, int] = (1500, 1100)) -> AsyncIterator[Page]:
    """A page in a browser of its own, which ends with the test."""
    program = os.environ.get("LIANFANG_TEST_CHROMIUM") or shutil.which("chromium") or "chromium"
    window = f"--window-size={size[0]},{size[1]}"
    browser = await asyncio.create_subprocess_exec(
        program,
        *FLAGS,
        window,
        f"--user-data-dir={profile}",
        "--remote-debugging-port=0",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = await _port(profile)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as response:
                tab = next(tab for tab in await response.json() if tab["type"] == "page")
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                await page.call("Runtime.enable")
                await page.call("Page.enable")
                await page.call("Page.navigate", url=url)
                yield page
    finally:
        browser.terminate()
        await browser.wait()


async def _port(profile: Path) -> int:
    """The port that the browser took, which it writes into its profile."""
    file = profile / "DevToolsActivePort"
    async with asyncio.timeout(START):
        while not (file.exists() and file.read_text().strip()):
            await asyncio.sleep(0.05)
    return int(file.read_text().split()[0])
