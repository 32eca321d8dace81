"""Where Aliyun pushes receipts to (SmsReport): a JSON array, pushed again until acknowledged, so idempotent.

It has no signature: let only the provider's addresses reach it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from aiohttp import web

from connectors.bridges.delivery import Writer, count_delivered
from connectors.bridges.machine import Bridge
from connectors.bridges.model import Answer
from schemas.notices import Outcome
from schemas.registry import ChannelKind
from streams import logs

MOST_BYTES = 1024 * 1024
STOP_WITHIN = 1.0
"""Seconds that a push which is under way may take when the process stops; it is pushed again."""
log = logs.get(__name__)


class Receipts:
    """The partitions of this process, and the little server that tells them."""

    def __init__(self) -> None:
        self._partitions: dict[int, Writer] = {}
        self._runner: web.AppRunner | None = None

    def add(self, number: int, partition: Writer) -> None:
        """This partition is ours from now on."""
        self._partitions[number] = partition

    def remove(self, number: int) -> None:
        """It is ours no longer."""
        self._partitions.pop(number, None)

    async def serve(self, host: str, port: int) -> int:
        """Listen. Returns the port; OSError if it is taken."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_post("/receipts", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_WITHIN)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening; no error if it never did."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        """Acknowledged once it is durable. 503 if one is of a partition that is not here: it is pushed again."""
        try:
            reports = await request.json()
        except ValueError:
            reports = None
        if not isinstance(reports, list) or not all(isinstance(report, dict) for report in reports):
            return web.json_response({"code": 1, "msg": "not a JSON array of objects"}, status=400)
        found = [await self._one(report) for report in reports]
        if all(found):
            return web.json_response({"code": 0, "msg": "接收成功"})
        return web.json_response({"code": 1, "msg": "not here"}, status=503)

    async def _one(self, report: dict[str, Any]) -> bool:
        notice, success = str(report.get("out_id") or ""), report.get("success") is True
        for partition in list(self._partitions.values()):
            machine = partition.machine
            if not isinstance(machine, Bridge) or (job := machine.job(notice)) is None:
                continue
            if not job.delivered:
                code = str(report.get("err_code") or "") or None
                outcome = Outcome.DELIVERED if success else Outcome.FAILED_FOR_GOOD
                answer = Answer(outcome, code, str(report.get("biz_id") or ""))
                written = partition.write(partial(machine.delivered, notice, answer))
                await asyncio.wait([written])
                if written.cancelled():  # the partition was given up meanwhile
                    return False
                written.result()
                count_delivered(ChannelKind.SMS, outcome)
                log.info("receipt", notice=notice, outcome=str(outcome), code=code)
            return True
        return False
