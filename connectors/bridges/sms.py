"""SMS in Aliyun's form. Not idempotent: after a call without answer its records are read before it is sent again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import aiohttp
import orjson

from connectors.bridges.clock import Clock
from connectors.bridges.http import NOW, PATIENCE, Reply, backoff, call
from connectors.bridges.model import Answer, Job
from schemas.notices import Notice, Outcome
from schemas.times import HOUR, MINUTE, date_of
from streams.settings import Settings

VERSION = "2017-05-25"
LIMITED = "isv.BUSINESS_LIMIT_CONTROL"
LATER = {
    LIMITED: 10 * MINUTE,
    "isp.SYSTEM_ERROR": MINUTE // 12,
    "isp.GATEWAY_ERROR": MINUTE // 12,
    "isp.RAM_PERMISSION_DENY": HOUR,
    "isv.AMOUNT_NOT_ENOUGH": HOUR,
    "isv.OUT_OF_SERVICE": HOUR,
    "isv.DAY_LIMIT_CONTROL": HOUR,
}
"""Codes after which it may be tried again, and the first wait. What the account owner can mend waits an hour."""
_OURS = ("Signature", "InvalidAccessKeyId", "InvalidTimeStamp", "Throttling", "ServiceUnavailable", "Forbidden")
"""Beginnings of codes that speak of our account or of the load, not of this message."""
MARK = "（重发）"
_LONGEST = 35  # characters of a variable


class Sms:
    """A `Provider`. Every other code is a refusal for good: a number, template, signature or variable is no good."""

    records = True

    def __init__(self, session: aiohttp.ClientSession, settings: Settings, clock: Clock) -> None:
        if not settings.sms_access_key or settings.sms_access_secret is None:
            raise ValueError("sms_access_key and sms_access_secret: are needed to sign")
        self._session = session
        self._url = settings.sms_url.rstrip("/") + "/"
        self._key, self._secret = settings.sms_access_key, settings.sms_access_secret.get_secret_value()
        self._sign_name, self._templates = settings.sms_sign_name, settings.sms_templates
        self._simulated = settings.simulated
        self._clock = clock

    async def send(self, notice: Notice, job: Job) -> Answer:
        """The notice to its number."""
        sms = notice.texts.sms
        variables = marked(sms.variables) if job.repeated else sms.variables
        reply = await self._call(
            job,
            Action="SendSms",
            PhoneNumbers=number(notice.address),
            SignName=self._sign_name,
            TemplateCode=self._templates.get(sms.template, sms.template),
            TemplateParam=orjson.dumps(variables).decode(),
            OutId=notice.id,
        )
        return reply if isinstance(reply, Answer) else meaning(reply, job)

    async def look(self, notice: Notice, job: Job) -> Answer:
        """What the records say: accepted if the notice is among the messages to this number on that day."""
        reply = await self._call(
            job,
            Action="QuerySendDetails",
            PhoneNumber=number(notice.address),
            SendDate=date_of(job.submitted_at).replace("-", ""),
            PageSize="50",
            CurrentPage="1",
        )
        if isinstance(reply, Answer) or _code(reply) != "OK":
            return Answer(Outcome.UNKNOWN, "records-not-readable")
        rows = (reply.body.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        if any(row.get("OutId") == notice.id for row in rows):
            return Answer(Outcome.ACCEPTED, "found-in-records")
        return Answer(Outcome.RETRY_LATER, "not-in-records", after=backoff(job))

    async def _call(self, job: Job, **values: str) -> Reply | Answer:
        values |= {
            "Version": VERSION,
            "Format": "JSON",
            "RegionId": "cn-hangzhou",
            "AccessKeyId": self._key,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        values["Signature"] = signature(values, self._secret)
        headers = {NOW: str(self._clock.now())} if self._simulated else {}
        return await call(self._session.post(self._url, data=values, headers=headers, timeout=PATIENCE), job)


def number(address: str) -> str:
    """A number without the spaces and hyphens that people write into it."""
    return "".join(char for char in address if char not in " -\u00a0")


def meaning(reply: Reply, job: Job) -> Answer:
    """What an answer to SendSms says. One that is not of the provider's form is unknown."""
    code = _code(reply)
    if code is None:
        return Answer(Outcome.UNKNOWN, f"HTTP {reply.status}, no Code")
    if code == "OK":
        return Answer(Outcome.ACCEPTED, None, str(reply.body.get("BizId") or ""))
    if code in LATER:
        return Answer(Outcome.RETRY_LATER, code, after=backoff(job, LATER[code]), block=code == LIMITED)
    if code.startswith(_OURS):
        return Answer(Outcome.RETRY_LATER, code, after=backoff(job, MINUTE))
    return Answer(Outcome.FAILED_FOR_GOOD, code)


def marked(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables with the first one marked as sent again, within its limit."""
    first = "count" if "count" in variables else "shop"
    return dict(variables) | {first: f"{MARK}{variables[first]}"[:_LONGEST]}


def signature(values: Mapping[str, str], secret: str) -> str:
    """HMAC-SHA1 over the parameters in order, percent-encoded as RFC 3986 has it, for a POST to `/`."""
    ordered = "&".join(f"{_encoded(name)}={_encoded(values[name])}" for name in sorted(values))
    digest = hmac.digest(f"{secret}&".encode(), f"POST&%2F&{_encoded(ordered)}".encode(), hashlib.sha1)
    return base64.b64encode(digest).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _code(reply: Reply) -> str | None:
    code = reply.body.get("Code") if isinstance(reply.body, dict) else None
    return code if isinstance(code, str) and code else None
