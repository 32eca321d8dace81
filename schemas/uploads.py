"""Records of the topic `chain-uploads`: lots put on the chain, their papers, disinfection, declarations."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from schemas.data import Data, Part, Quantity
from schemas.identifiers import Date, Identifier, OptionalIdentifier, Text


class PaperKind(StrEnum):
    """The three certificates."""

    QUARANTINE = "quarantine"
    TEST = "test"
    DISINFECTION = "disinfection"


class Paper(Part):
    """One certificate of a lot."""

    kind: Annotated[PaperKind, Field(strict=False)]
    number: Text
    issued_on: Date
    expires_on: Date | None = None


class LotUploaded(Data):
    """An operator puts a lot on the chain, with the papers it has."""

    operator: Identifier
    lot: Identifier
    goods: Text  # a class of the rules file; the envelope checks it, because the classes are configuration
    product: Text | None = None
    origin: Text | None = None
    quantity: Quantity | None = None
    supplier: Text | None = None
    trace_code: Text | None = None
    first_station: bool | None = None
    papers: list[Paper]


class PapersAdded(Data):
    """Papers or the trace code of a lot, brought later."""

    operator: Identifier
    lot: Identifier
    papers: list[Paper] | None = None
    trace_code: Text | None = None


class Scope(StrEnum):
    """What was disinfected."""

    PREMISES = "premises"
    LOT = "lot"


class DisinfectionRecorded(Data):
    """Premises or a lot were disinfected at `time`."""

    operator: Identifier
    scope: Annotated[Scope, Field(strict=False)]
    lot: OptionalIdentifier = None


def _is_false(trading: bool) -> bool:
    # not Literal[False], which 0 and 0.0 equal
    if trading:
        raise ValueError("must be false: a day on which the operator trades is not declared")
    return trading


class DayDeclared(Data):
    """The operator does not trade on this day."""

    operator: Identifier
    date: Date
    trading: Annotated[bool, AfterValidator(_is_false), WithJsonSchema({"const": False})]
