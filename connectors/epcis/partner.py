"""What EPCIS does not say and a partner's file does: whose GLN it is, which class of goods a GTIN is, what a hazard is
called here. Optional; without it operators are called by their GLN and goods have no class.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

HAZARDS = {
    "https://www.ncbi.nlm.nih.gov/taxonomy/2697049": "SARS-CoV-2",
    "https://www.ncbi.nlm.nih.gov/taxonomy/590": "Salmonella",
    "https://www.ncbi.nlm.nih.gov/taxonomy/1639": "Listeria monocytogenes",
}


class BadPartner(ValueError):  # noqa: N818
    """The file can't be used: where, and what was expected."""


class Partner(BaseModel):
    """Keys are texts (quote them: a YAML number loses its zeros)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    source: str | None = None  # the `source` of the records; else the sender of the document
    operators: dict[str, str] = {}  # GLN, or the URI of a place or party → operator
    goods: dict[str, str] = {}  # GTIN (14 digits), or the beginning of one → class of goods
    hazards: dict[str, str] = {}  # URI of a microorganism → hazard
    disinfecting: list[str] = []  # URIs of business steps that mean disinfection: the standard has none

    @field_validator("goods")
    @classmethod
    def _digits(cls, goods: dict[str, str]) -> dict[str, str]:
        for gtin in goods:
            if not (gtin.isascii() and gtin.isdigit() and len(gtin) <= 14):
                raise ValueError(f"{gtin}: a GTIN of 14 digits, or the beginning of one, is expected")
        return goods

    def goods_class(self, gtin: str) -> str | None:
        """The class of the longest beginning that fits."""
        fitting = [start for start in self.goods if gtin.startswith(start)]
        return self.goods[max(fitting, key=len)] if fitting else None

    def hazard(self, microorganism: str) -> str:
        """What the hazard is called here; its URI if nobody said."""
        return self.hazards.get(microorganism) or HAZARDS.get(microorganism) or microorganism


def load_partner(path: Path) -> Partner:
    """The file at `path`."""
    try:
        tree: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Partner.model_validate(tree if tree is not None else {})
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadPartner(f"{path}:{line}: {error.problem}") from None
    except UnicodeDecodeError:
        raise BadPartner(f"{path}: is not UTF-8 text") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadPartner(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
