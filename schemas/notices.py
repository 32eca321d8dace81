"""The values on `notices` and `receipts`: one message to one recipient, and what became of it.

Not for alerts (schemas.alerts): a notice says what one tick, or one record told at once, changed for one recipient.
Written by routing, carried out by the bridges, counted by whoever wants to know who was told what.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
import orjson

from schemas.registry import ChannelKind, Role

WECOM_TEXT_BYTES = 2048
"""Most bytes of the content of a WeCom text message."""
WECOM_MARKDOWN_BYTES = 4096
"""Most bytes of the content of a WeCom markdown message."""
REPEATED = "【重发】"
"""Stands before a message that is sent again although the provider may have it already."""
SMS_ONE, SMS_PART = 70, 67
"""Characters, signature included, of an SMS that is one part, and of each part of a longer one."""


class Change(StrEnum):
    """What a notice says of an alert."""

    BEGINS = "begins"  # an episode began
    GROWS = "grows"  # more is missing than was told
    ENDS = "ends"  # the episode of which the recipient was told ended
    STANDS = "stands"  # it began earlier; new to this recipient (a new person, a moved operator)


class Outcome(StrEnum):
    """What became of a notice."""

    QUEUED = "queued"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    RETRY_LATER = "retry-later"
    FAILED_FOR_GOOD = "failed-for-good"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


class Suppressed(StrEnum):
    """Why a notice was not sent at all."""

    NOBODY = "nobody"  # nobody is registered for the role, and no desk either
    PRIVATE = "private"  # the recipient is a group, and what was to be told is private
    NO_CHANNEL = "no-channel"  # the recipient has no channel that a bridge serves


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach a recipient. The address is personal: it stands in no log and no metric."""

    kind: ChannelKind
    address: str


@dataclass(frozen=True, slots=True)
class About:
    """What a notice says of one alert. `role`: as what the recipient is told; `instead_of`: the roles that could not be
    told, for which the desk is told too.
    """

    alert: str
    kind: str
    operator: str
    episode: int
    change: Change
    role: Role
    changed_at: str
    instead_of: list[Role] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WecomText:
    """The message for a WeCom robot: each part is one message, within the byte limit of its type."""

    msgtype: str  # text | markdown
    parts: list[str]


@dataclass(frozen=True, slots=True)
class SmsText:
    """The message as template and variables; `length` and `parts` are of the text the template makes of them."""

    template: str
    variables: dict[str, str]
    length: int
    parts: int


@dataclass(frozen=True, slots=True)
class Texts:
    """The message ready for each sort of channel."""

    wecom: WecomText
    sms: SmsText


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient. Times are UTC, RFC 3339, milliseconds, Z.

    `made_at` is the tick, or the change of the alert that was told at once; `changed_at` the earliest change told.
    """

    id: str
    recipient: str
    role: Role
    group: bool
    channel: ChannelKind
    address: str
    channels: list[Reach]
    critical: bool
    private: bool
    drill: bool
    made_at: str
    changed_at: str
    title: str
    lines: list[str]
    about: list[About]
    texts: Texts


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a notice, one message for each step. `recipient` is empty where nobody could be told.

    `code` is the provider's own word (`errcode 45009`, `isv.BUSINESS_LIMIT_CONTROL`), `parts` how many messages the
    notice was cut into. `about` is filled where no notice was written: for `suppressed` ones.
    """

    notice: str
    recipient: str
    outcome: Outcome
    at: str
    channel: ChannelKind | None = None
    reason: Suppressed | None = None
    code: str | None = None
    provider_id: str | None = None
    attempt: int = 0
    parts: int = 0
    critical: bool = False
    drill: bool = False
    about: list[About] = field(default_factory=list)


def notice_id(*cause: str) -> str:
    """26 characters of lower-case base32: the same cause makes the same notice, however often it is worked off."""
    digest = hashlib.sha256("\x1f".join(cause).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:26]


def encode(message: Notice | Receipt) -> bytes:
    """The value as it stands on the topic."""
    return orjson.dumps(message)


def decode_notice(value: bytes) -> Notice:
    """The notice in a message. msgspec.ValidationError if it is none."""
    return msgspec.json.decode(value, type=Notice)


def decode_receipt(value: bytes) -> Receipt:
    """The receipt in a message. msgspec.ValidationError if it is none."""
    return msgspec.json.decode(value, type=Receipt)
