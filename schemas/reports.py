"""Records of the topic `field-reports`, and the void, which goes to the topic of the record it voids."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.data import Data, Part
from schemas.identifiers import Attribute, Identifier, PersonIdentifier, Text


class Finding(Part):
    """One thing seen on a patrol."""

    kind: Text
    note: Text


class PatrolRecorded(Data):
    """A visit by a grid worker or officer; no rule reads it yet."""

    operator: Identifier | None = None
    place: object | None = None
    by: Text
    findings: list[Finding] | None = None


class Action(StrEnum):
    """What was done about an alert."""

    SEAL = "seal"
    CORRECT = "correct"
    RETEST = "retest"
    DESTROY = "destroy"
    CLOSE = "close"


class AlertHandled(Data):
    """What was done about an alert of an operator, or of a staff member where the alert has no operator."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["operator"]}, {"required": ["staff"]}]})

    operator: Identifier | None = None
    staff: PersonIdentifier | None = None
    alert: Identifier
    by: Text
    action: Annotated[Action, Field(strict=False)]
    note: Text | None = None

    @model_validator(mode="after")
    def _names_whose(self) -> Self:
        if self.operator is None and self.staff is None:
            raise ValueError("operator: is required (or staff, for an alert without operator)")
        return self


class RecordVoided(Data):
    """The record `source`, `record` never was. Names exactly one of operator, staff and person, as that record does."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in ("operator", "staff", "person")]}
    )

    operator: Identifier | None = None
    staff: PersonIdentifier | None = None
    person: PersonIdentifier | None = None
    source: Attribute
    record: Attribute
    reason: Text | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(name is not None for name in (self.operator, self.staff, self.person)) != 1:
            raise ValueError("operator: exactly one of operator, staff and person must be named")
        return self
