"""What Aliyun's SMS service answers.

From help.aliyun.com: SendSms, QuerySendDetails, public error codes, the RPC signature (HMAC-SHA1, version 1.0), rules
for sending. Sending is not idempotent: the same request twice is two messages. 50 messages a day for each number,
signature and template; a variable has 1 to 35 characters; a business error comes with HTTP 200.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import yaml

from connectors.sandbox.clock import beijing, beijing_day

PER_DAY = 50
_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}", re.ASCII)
_VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)
_LONGEST = 35
_REQUIRED = ("Action", "Version", "AccessKeyId", "SignatureNonce", "Timestamp", "Signature")
_FRESH = 15 * 60  # seconds that a Timestamp may be off


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The provider's code, its message, and the HTTP status: 200 for business errors."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(slots=True)
class Sent:
    """One message as the provider's records know it. `delivered_at` None: on its way."""

    number: str
    template: str
    text: str
    biz_id: str
    out_id: str
    at: int
    size: int
    delivered_at: int | None = None


@dataclass(slots=True)
class Sms:
    """The account: its secret, signature, templates and records."""

    secrets: dict[str, str]
    sign_name: str = "联防"
    sent: list[Sent] = field(default_factory=list)
    _nonces: set[str] = field(default_factory=set)
    _counts: Counter[tuple[str, str, str, int]] = field(default_factory=Counter)
    templates: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.templates = self.templates or _registered()

    def judge(self, method: str, values: Mapping[str, str], now: int) -> Sent | dict[str, Any]:
        """A message that was accepted (SendSms) or the records asked for (QuerySendDetails). Refused says why not."""
        self._authentic(method, values)
        if values["Version"] != "2017-05-25":
            raise Refused("InvalidVersion", "Specified parameter Version is not valid.", 400)
        if values["Action"] == "SendSms":
            return self._send(values, now)
        if values["Action"] == "QuerySendDetails":
            return self._details(values)
        raise Refused("InvalidAction.NotFound", "Specified api is not found.", 404)

    def _authentic(self, method: str, values: Mapping[str, str]) -> None:
        for name in _REQUIRED:
            if not values.get(name):
                raise Refused(f"Missing{name}", f"{name} is mandatory for this action.", 400)
        secret = self.secrets.get(values["AccessKeyId"])
        if secret is None:
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        try:
            stamp = datetime.strptime(values["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Refused("InvalidTimeStamp.Format", "Specified time stamp is not well formatted.", 400) from None
        if abs(stamp.timestamp() - time.time()) > _FRESH:
            raise Refused("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400)
        if values["Signature"] != signature(method, values, secret):
            raise Refused("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
        if values["SignatureNonce"] in self._nonces:
            raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.", 400)
        self._nonces.add(values["SignatureNonce"])

    def _send(self, values: Mapping[str, str], now: int) -> Sent:
        for name in ("PhoneNumbers", "SignName", "TemplateCode"):
            if not values.get(name):
                raise Refused("isv.INVALID_PARAMETERS", f"{name} is mandatory")
        number, template = values["PhoneNumbers"], values["TemplateCode"]
        if not _MOBILE.fullmatch(number):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "mobile number illegal")
        if values["SignName"] != self.sign_name:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "signature illegal")
        if template not in self.templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "template illegal")
        text = f"【{self.sign_name}】{self._filled(template, values.get('TemplateParam', '{}'))}"
        key = (number[-11:], self.sign_name, template, beijing_day(now))
        if self._counts[key] >= PER_DAY:
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", f"触发天级流控Permits:{PER_DAY}")
        self._counts[key] += 1
        size = 1 if len(text) <= 70 else -(-len(text) // 67)
        biz = f"{100000000000 + len(self.sent)}^{now % 10**10}"
        sent = Sent(number[-11:], template, text, biz, values.get("OutId", ""), now, size)
        self.sent.append(sent)
        return sent

    def _filled(self, template: str, raw: str) -> str:
        try:
            given = json.loads(raw)
        except json.JSONDecodeError:
            raise Refused("isv.INVALID_JSON_PARAM", "TemplateParam is not JSON") from None
        if not isinstance(given, dict):
            raise Refused("isv.INVALID_JSON_PARAM", "TemplateParam is not a JSON object")
        text = self.templates[template]
        for name in _VARIABLE.findall(text):
            value = given.get(name)
            if not isinstance(value, str) or not value:
                raise Refused("isv.TEMPLATE_MISSING_PARAMETERS", f"{name} is missing")
            if len(value) > _LONGEST:
                raise Refused("isv.PARAM_LENGTH_LIMIT", f"{name} is longer than {_LONGEST}")
            if "http" in value or "【" in value:
                raise Refused("isv.BLACK_KEY_CONTROL_LIMIT", f"{name} holds what is not allowed")
        return _VARIABLE.sub(lambda match: str(given[match[1]]), text)

    def _details(self, values: Mapping[str, str]) -> dict[str, Any]:
        for name in ("PhoneNumber", "SendDate", "PageSize", "CurrentPage"):
            if not values.get(name):
                raise Refused("isv.INVALID_PARAMETERS", f"{name} is mandatory")
        size, page = int(values["PageSize"]), int(values["CurrentPage"])
        if not 1 <= size <= 50:
            raise Refused("isv.INVALID_PARAMETERS", "PageSize is 1 to 50")
        found = [
            sent
            for sent in reversed(self.sent)
            if sent.number == values["PhoneNumber"][-11:]
            and beijing(sent.at, "%Y%m%d") == values["SendDate"]
            and values.get("BizId") in (None, "", sent.biz_id)
        ]
        rows = [_row(sent) for sent in found[(page - 1) * size : page * size]]
        return {"TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}


def signature(method: str, values: Mapping[str, str], secret: str) -> str:
    """The RPC signature of a request's parameters."""
    pairs = sorted((name, value) for name, value in values.items() if name != "Signature")
    query = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs)
    text = f"{method}&{_escaped('/')}&{_escaped(query)}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def report(sent: Sent) -> dict[str, Any]:
    """One element of the array that SmsReport pushes."""
    return {
        "phone_number": sent.number,
        "send_time": beijing(sent.at),
        "report_time": beijing(sent.delivered_at or sent.at),
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": str(sent.size),
        "biz_id": sent.biz_id,
        "out_id": sent.out_id,
    }


def _row(sent: Sent) -> dict[str, Any]:
    row = {
        "PhoneNum": sent.number,
        "TemplateCode": sent.template,
        "Content": sent.text,
        "OutId": sent.out_id,
        "SendDate": beijing(sent.at),
        "SendStatus": 1,
    }
    if sent.delivered_at is not None:
        row |= {"SendStatus": 3, "ErrCode": "DELIVERED", "ReceiveDate": beijing(sent.delivered_at)}
    return row


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _registered() -> dict[str, str]:
    text = files("connectors.sandbox").joinpath("templates.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))
