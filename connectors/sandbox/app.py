"""The sandbox over HTTP: the providers' addresses, `/messages` and `/events` to read, `/admin/…` for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from aiohttp import web

from connectors.sandbox.clock import Clock
from connectors.sandbox.faults import Fault, Faults, hang
from connectors.sandbox.receipts import Receipts
from connectors.sandbox.sms import Refused, Sent, Sms
from connectors.sandbox.store import Message, Store
from connectors.sandbox.wecom import OK, Accepted, Robots, refusal

NOW = "x-sandbox-now"
"""Header of a request: the sender's simulated time, milliseconds. Providers know nothing of it."""
NOTICE = "x-lianfang-notice"
"""Header of a WeCom request: which notice it is; the wire form has no place for it."""
DEFAULT_SECRETS = {"sandbox": "sandbox"}
_PAGES = {
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}


class Sandbox:
    """One running sandbox. `report`: where receipts of SMS are pushed to."""

    def __init__(self, report: str | None = None, secrets: dict[str, str] | None = None) -> None:
        self.clock = Clock()
        self.store = Store()
        self.faults = Faults()
        self.robots = Robots()
        self.sms = Sms(secrets or dict(DEFAULT_SECRETS))
        self.receipts = Receipts(self.clock, report)

    def app(self) -> web.Application:
        """The application to serve."""
        app = web.Application(middlewares=[self._time])
        app.router.add_post("/cgi-bin/webhook/send", self._wecom)
        app.router.add_post("/", self._sms)
        app.router.add_get("/", self._page)
        for path in _PAGES:
            app.router.add_get(path, self._file)
        app.router.add_get("/messages", self._messages)
        app.router.add_get("/events", self._events)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_post("/admin/{what}", self._admin)
        app.cleanup_ctx.append(self._pushing)
        return app

    async def _pushing(self, _: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self.receipts.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    @web.middleware
    async def _time(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if NOW in request.headers:
            self.clock.set(int(request.headers[NOW]))
        response: web.StreamResponse = await handler(request)
        return response

    # the providers

    async def _wecom(self, request: web.Request) -> web.Response:
        fault = self.faults.take("wecom")
        if (answer := await self._before(fault)) is not None:
            return answer
        if fault is not None and fault.kind == "code":
            return self._wecom_refused(int(fault.code))
        try:
            body = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return self._wecom_refused(47001)
        key = request.query.get("key", "")
        judged = self.robots.judge(key, body, self.clock.now())
        if not isinstance(judged, Accepted):
            return self._wecom_refused(judged)
        notice = request.headers.get(NOTICE)
        self.store.accept("wecom", self.clock.now(), key, judged.form, judged.content, notice)
        self.store.answers["wecom 0"] += 1
        await self._after(fault)
        return web.json_response(OK)

    def _wecom_refused(self, code: int) -> web.Response:
        self.store.answers[f"wecom {code}"] += 1
        return web.json_response(refusal(code))

    async def _sms(self, request: web.Request) -> web.Response:
        values = {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
        fault = self.faults.take("sms" if values.get("Action") == "SendSms" else "sms-records")
        if (instead := await self._before(fault)) is not None:
            return instead
        if fault is not None and fault.kind == "code":
            return self._sms_refused(Refused(fault.code, "switched on by a test"))
        try:
            judged = self.sms.judge(request.method, values, self.clock.now())
        except Refused as refused:
            return self._sms_refused(refused)
        self.store.answers[f"sms {values['Action']} OK"] += 1
        answer: dict[str, Any] = {"Message": "OK", "RequestId": str(uuid.uuid4()).upper(), "Code": "OK"}
        if not isinstance(judged, Sent):
            return web.json_response(answer | judged)
        out_id = judged.out_id or None
        self.store.accept("sms", judged.at, judged.number, judged.template, judged.text, out_id, judged.biz_id)
        self.receipts.expect(judged)
        await self._after(fault)
        return web.json_response(answer | {"BizId": judged.biz_id})

    def _sms_refused(self, refused: Refused) -> web.Response:
        self.store.answers[f"sms {refused.code}"] += 1
        body = {"Message": refused.message, "RequestId": str(uuid.uuid4()).upper(), "Code": refused.code}
        return web.json_response(body, status=refused.status)

    async def _before(self, fault: Fault | None) -> web.Response | None:
        """What a fault does instead of the answer. A caller that is kept waiting gets a 504, if it still listens."""
        if fault is None:
            return None
        self.store.answers[f"{fault.channel} fault {fault.kind}"] += 1
        if fault.kind == "hang-before":
            await hang(fault)
            return web.Response(status=504)
        return web.Response(status=fault.status) if fault.kind == "status" else None

    async def _after(self, fault: Fault | None) -> None:
        if fault is not None and fault.kind in ("hang-after", "slow"):
            await hang(fault)

    # who reads

    async def _page(self, request: web.Request) -> web.Response:
        if "Action" in request.query:
            return await self._sms(request)
        return _served("page.html", "text/html")

    async def _file(self, request: web.Request) -> web.Response:
        return _served(*_PAGES[request.path])

    async def _messages(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        return web.json_response(
            {
                "now": self.clock.now(),
                "messages": [self._shown(message) for message in self.store.messages[after:]],
                "answers": dict(self.store.answers),
                "receipts": {"waiting": self.receipts.waiting, "given_up": self.receipts.given_up},
            }
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)
        after = int(request.headers.get("last-event-id") or request.query.get("after", "0"))
        with contextlib.suppress(ConnectionResetError):
            async for message in self.store.follow(after):
                data = json.dumps(self._shown(message), ensure_ascii=False)
                await response.write(f"id: {message.number}\ndata: {data}\n\n".encode())
        return response

    def _shown(self, message: Message) -> dict[str, Any]:
        return asdict(message) | {"label": self.store.labels.get(message.to)}

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="moving\n")

    # who tests

    async def _admin(self, request: web.Request) -> web.Response:
        what, body = request.match_info["what"], await request.json()
        try:
            if what == "clock":
                self.clock.set(int(body["now"]))
            elif what == "faults":
                self.faults.add(body)
            elif what == "report":
                self.receipts.url = body["url"]
            elif what == "labels":
                self.store.labels.update({str(address): str(label) for address, label in body.items()})
            elif what == "revoke":
                self.robots.revoked.add(str(body["key"]))
            else:
                raise web.HTTPNotFound(text=f"nothing is called {what}\n")
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from None
        return web.json_response({"now": self.clock.now()})


def _served(name: str, content_type: str) -> web.Response:
    text = files("connectors.sandbox").joinpath(name).read_text("utf-8")
    return web.Response(text=text, content_type=content_type, headers={"cache-control": "no-cache"})
