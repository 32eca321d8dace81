"""Records of the topic `registry`: operators, staff, people, and how far each feed has come."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from schemas.data import Data, Part
from schemas.identifiers import Identifier, PersonIdentifier, Text
from schemas.times import parse_instant


class Status(StrEnum):
    """What an operator's licence is worth now."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Role(StrEnum):
    """What a person is told for."""

    OWNER = "owner"
    OFFICER = "officer"
    GRID_WORKER = "grid-worker"
    DUTY_DESK = "duty-desk"


class ChannelKind(StrEnum):
    """Through what a person is told."""

    WECOM_ROBOT = "wecom-robot"
    WECOM_APP = "wecom-app"
    SMS = "sms"
    DINGTALK_ROBOT = "dingtalk-robot"
    WEBHOOK = "webhook"


def _instant(text: str) -> str:
    parse_instant(text)
    return text


class OperatorRegistered(Data):
    """An operator, its place and whether it trades in the goods. Each one is a version; `time` says from when."""

    operator: Identifier
    name: Text
    county: Identifier
    town: Identifier
    grid: Identifier
    office: Identifier
    phone: Text | None = None
    activated: bool
    trades: bool
    status: Annotated[Status, Field(strict=False)]


class AccountActivated(Data):
    """The operator's account on the chain is in use."""

    operator: Identifier


class StaffEnrolled(Data):
    """A staff member begins to work for an operator."""

    operator: Identifier
    staff: PersonIdentifier
    name: Text | None = None
    phone: Text | None = None


class StaffLeft(Data):
    """A staff member works for an operator no longer."""

    operator: Identifier
    staff: PersonIdentifier


class Channel(Part):
    """One way to reach a person or a group."""

    kind: Annotated[ChannelKind, Field(strict=False)]
    address: Text


class PersonAssigned(Data):
    """Who is told, in which role and for which area, through what. Replaces the person's earlier one."""

    person: PersonIdentifier
    name: Text
    group: bool | None = None
    role: Annotated[Role, Field(strict=False)]
    operators: list[Identifier] | None = None
    offices: list[Identifier] | None = None
    grids: list[Identifier] | None = None
    counties: list[Identifier] | None = None
    channels: list[Channel]


class PersonLeft(Data):
    """A person is told nothing any longer."""

    person: PersonIdentifier


class FeedAdvanced(Data):
    """All that this feed recorded before `complete_until` has been sent."""

    feed: Identifier
    complete_until: Annotated[str, AfterValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
