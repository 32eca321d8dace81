"""A notice as an SMS: one of a few templates that the provider has approved, and its variables. No links.

The template texts here must be registered word for word with the provider; `settings.sms_templates` maps our names to
the codes the provider gave them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from string import Template

from schemas.notices import SMS_ONE, SMS_PART, SmsText
from streams.delivery.sentences import Sentence

_LINK = re.compile(r"https?|www(?=\.)", re.ASCII | re.IGNORECASE)
_WIDE = ord("ａ") - ord("a")
VARIABLE = 35
"""Most characters of one variable; an empty one is refused by the provider."""

TEMPLATES = {
    "LF_ONE": "${shop}：${what}，自${since}起。${todo}。",
    "LF_NOW": "食品记录提醒：${shop}，${what}。${todo}。",
    "LF_LIST": "您有${count}：${shop}${what}等。${todo}。",
}
"""Name → text. Each variable once, none that is the provider's own word (email, mobile, id, nick, site)."""


def one(sentence: Sentence, *, sign: str, mark: str = "") -> SmsText:
    """A notice of one item."""
    todo = sentence.note.strip("（）") or sentence.do or "请知悉"
    values = {"shop": mark + sentence.shop, "what": sentence.what, "todo": todo}
    if sentence.since:
        return _made("LF_ONE", values | {"since": sentence.since}, sign)
    return _made("LF_NOW", values, sign)


def several(count: str, sentences: Sequence[Sentence], todo: str, *, sign: str, mark: str = "") -> SmsText:
    """A notice of several items: how many, and the first of them."""
    first = sentences[0]
    return _made("LF_LIST", {"count": mark + count, "shop": first.shop, "what": first.what, "todo": todo}, sign)


def _made(template: str, values: dict[str, str], sign: str) -> SmsText:
    variables = {name: fit(value) for name, value in values.items()}
    length = len(f"【{sign}】") + len(render(template, variables))
    return SmsText(template, variables, length, parts(length))


def fit(value: str) -> str:
    """A variable within its limit, and without what makes a link: the provider refuses a message with one for good."""
    value = _LINK.sub(lambda found: "".join(chr(ord(letter) + _WIDE) for letter in found[0]), value)
    return value if len(value) <= VARIABLE else value[: VARIABLE - 1] + "…"


def render(template: str, variables: dict[str, str]) -> str:
    """What the provider makes of a template and its variables. KeyError if one is missing."""
    return Template(TEMPLATES[template]).substitute(variables)


def parts(length: int) -> int:
    """How many messages a text of so many characters is, signature included."""
    return 1 if length <= SMS_ONE else math.ceil(length / SMS_PART)
