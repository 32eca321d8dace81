"""Records of the topic `test-results`: samples of goods, surfaces and staff, and what was found."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.data import Data
from schemas.identifiers import Identifier, OptionalIdentifier, PersonIdentifier, Text


class SampledOn(StrEnum):
    """What the sample was taken of."""

    GOODS = "goods"
    SURFACE = "surface"
    STAFF = "staff"


class Result(StrEnum):
    """What the laboratory says."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    INVALID = "invalid"
    PENDING = "pending"


class SampleTested(Data):
    """A sample; the record's `time` is when it was taken. Goods and surfaces name the operator, staff the person."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"on": {"const": "staff"}}},
            "then": {"required": ["staff"]},
            "else": {"required": ["operator"]},
        }
    )

    sample: Identifier
    on: Annotated[SampledOn, Field(strict=False)]
    operator: Identifier | None = None
    lot: OptionalIdentifier = None
    staff: PersonIdentifier | None = None
    result: Annotated[Result, Field(strict=False)]
    hazard: Text
    lab: Text | None = None

    @model_validator(mode="after")
    def _names_whose(self) -> Self:
        if self.on is SampledOn.STAFF and self.staff is None:
            raise ValueError("staff: is required for a sample of staff")
        if self.on is not SampledOn.STAFF and self.operator is None:
            raise ValueError(f"operator: is required for a sample of {self.on}")
        return self
