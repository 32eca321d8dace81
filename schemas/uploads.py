"""Records of the topic `chain-uploads`: lots put on the chain, their papers, disinfection, declarations."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.data import Data, Part, Quantity
from schemas.identifiers import Date, Identifier, OptionalIdentifier


class PaperKind(StrEnum):
    """The three certificates."""

    QUARANTINE = "quarantine"
    TEST = "test"
    DISINFECTION = "disinfection"


class Paper(Part):
    """One certificate of a lot."""

    kind: Annotated[PaperKind, Field(strict=False)]
    number: str
    issued_on: Date
    expires_on: Date | None = None


class LotUploaded(Data):
    """An operator puts a lot on the chain, with the papers it has."""

    operator: Identifier
    lot: Identifier
    goods: str  # a class of the rules file; the envelope checks it, because the classes are configuration
    product: str | None = None
    origin: str | None = None
    quantity: Quantity | None = None
    supplier: str | None = None
    trace_code: str | None = None
    first_station: bool | None = None
    papers: list[Paper]


class PapersAdded(Data):
    """Papers or the trace code of a lot, brought later."""

    operator: Identifier
    lot: Identifier
    papers: list[Paper] | None = None
    trace_code: str | None = None


class Scope(StrEnum):
    """What was disinfected."""

    PREMISES = "premises"
    LOT = "lot"


class DisinfectionRecorded(Data):
    """Premises or a lot were disinfected at `time`."""

    operator: Identifier
    scope: Annotated[Scope, Field(strict=False)]
    lot: OptionalIdentifier = None


class DayDeclared(Data):
    """The operator does not trade on this day."""

    operator: Identifier
    date: Date
    trading: Literal[False]
