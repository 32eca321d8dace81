"""The WeCom group robot: HTTP is always 200, `errcode` decides. It keeps no records that could be asked afterwards."""

from __future__ import annotations

import aiohttp

from connectors.bridges.clock import Clock
from connectors.bridges.http import NOW, PATIENCE, Reply, backoff, call
from connectors.bridges.model import Answer, Job
from schemas.notices import REPEATED, Notice, Outcome
from schemas.times import MINUTE, SECOND
from streams.settings import Settings

TOO_FAST = 45009
BUSY = frozenset({-1, 45033, 50001})
"""System busy, too many calls at once, internal error: try again."""
NOTICE = "x-lianfang-notice"
"""Header: which notice and part this is. WeCom ignores it; its logs and the sandbox can name the notice by it."""


class Wecom:
    """A `Provider`. Every other errcode is a refusal for good: 93000 no such robot, 40058 too long, 40008 a form."""

    records = False

    def __init__(self, session: aiohttp.ClientSession, settings: Settings, clock: Clock) -> None:
        self._session = session
        self._url = f"{settings.wecom_url.rstrip('/')}/cgi-bin/webhook/send"
        self._simulated = settings.simulated
        self._clock = clock

    async def send(self, notice: Notice, job: Job) -> Answer:
        """The next part of a notice to its robot."""
        text = notice.texts.wecom
        content = (REPEATED if job.repeated else "") + text.parts[job.part]
        headers = {NOTICE: f"{notice.id}/{job.part + 1}"}
        if self._simulated:
            headers[NOW] = str(self._clock.now())
        body = {"msgtype": text.msgtype, text.msgtype: {"content": content}}
        reply = await call(
            self._session.post(
                self._url, params={"key": robot_key(notice.address)}, json=body, headers=headers, timeout=PATIENCE
            ),
            job,
        )
        return reply if isinstance(reply, Answer) else meaning(reply, job)

    async def look(self, notice: Notice, job: Job) -> Answer:
        """Nobody can say."""
        return Answer(Outcome.UNKNOWN, "no-records")


def robot_key(address: str) -> str:
    """The key of a robot, where the address is the whole URL that WeCom shows too."""
    return address.partition("key=")[2].partition("&")[0] if "key=" in address else address


def meaning(reply: Reply, job: Job) -> Answer:
    """What an answer says. One that is not of the provider's form is unknown."""
    code = reply.body.get("errcode") if isinstance(reply.body, dict) else None
    if not isinstance(code, int):
        return Answer(Outcome.UNKNOWN, f"HTTP {reply.status}, no errcode")
    if code == 0:
        return Answer(Outcome.ACCEPTED)
    words = f"errcode {code}"
    if code == TOO_FAST:
        return Answer(Outcome.RETRY_LATER, words, after=MINUTE + SECOND, block=True)
    if code in BUSY:
        return Answer(Outcome.RETRY_LATER, words, after=backoff(job))
    return Answer(Outcome.FAILED_FOR_GOOD, words)
