"""How the `data` of every type of record is read: strictly, unknown fields kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema


class Data(BaseModel):
    """The `data` of a record. Strict: no "true" for true, no number for a date; null counts as absent."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class Part(BaseModel):
    """A part of a record's `data`, read like the whole."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class Quantity(Part):
    """How much: an amount and the unit it is counted in."""

    amount: Annotated[int | float, WithJsonSchema({"type": "number"})]
    unit: Annotated[str, Field(max_length=64)]
