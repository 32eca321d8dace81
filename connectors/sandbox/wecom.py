"""What a WeCom group robot answers.

From developer.work.weixin.qq.com, the pages on group robots and on global error codes: HTTP is always 200, `errcode`
decides; 20 messages a minute for each robot; text 2,048 bytes, markdown 4,096 bytes of UTF-8, more is refused.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.clock import MINUTE

OK = {"errcode": 0, "errmsg": "ok"}
PER_MINUTE = 20
MOST_BYTES = {"text": 2048, "markdown": 4096}
MESSAGES = {
    -1: "system busy",
    40008: "invalid message type",
    40058: "invalid Request Parameter",
    44004: "empty content",
    45009: "api freq out of limit",
    47001: "data format error",
    93000: "invalid webhook url",
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message type and what is in it."""

    form: str
    content: str


@dataclass(slots=True)
class Robots:
    """All robots there are: every key that is not blank nor revoked."""

    revoked: set[str] = field(default_factory=set)
    _sent: dict[str, deque[int]] = field(default_factory=dict)

    def judge(self, key: str, body: Any, now: int) -> Accepted | int:
        """Accepted, or the error code. Only what is accepted counts for the limit."""
        if not key.strip() or key in self.revoked:
            return 93000
        asked = _content(body)
        if isinstance(asked, int):
            return asked
        sent = self._sent.setdefault(key, deque())
        while sent and sent[0] <= now - MINUTE:
            sent.popleft()
        if len(sent) >= PER_MINUTE:
            return 45009
        sent.append(now)
        return asked


def _content(body: Any) -> Accepted | int:
    if not isinstance(body, dict):
        return 47001
    form = body.get("msgtype")
    if form not in MOST_BYTES:
        return 40008
    part = body.get(form)
    content = part.get("content") if isinstance(part, dict) else None
    if not isinstance(content, str):
        return 47001
    if len(content.encode("utf-8", "surrogatepass")) > MOST_BYTES[form]:
        return 40058
    return Accepted(form, content) if content.strip() else 44004


def refusal(code: int) -> dict[str, Any]:
    """The answer with an error code."""
    return {"errcode": code, "errmsg": f"{MESSAGES.get(code, 'unknown error')}, hint: [sandbox]"}
