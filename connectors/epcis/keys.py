"""GS1 keys, as EPC URNs and as digital links, in one form each. Other identifiers are not read.

A lot is `01/GTIN-14/10/LOT`, a box `01/GTIN-14/21/SERIAL` or `00/SSCC`, a place or party its 13-digit GLN.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Item:
    """What a URI names of goods: the class (GTIN-14), its lot, one box of it. All None: no goods that we know."""

    gtin: str | None = None
    lot: str | None = None
    box: str | None = None


_URN = re.compile(r"urn:epc:(?P<form>id|class|idpat):(?P<scheme>[a-z]+):(?P<body>.+)")
_TRADE = {"sgtin", "lgtin", "itip", "upui"}
_PLACE = {"sgln", "pgln"}


def item_of(uri: str) -> Item:
    """The goods that an EPC or a class of EPCs names."""
    match = _URN.fullmatch(uri)
    if match is None:
        return _linked_item(uri)
    parts = match["body"].split(".")
    if match["scheme"] == "sscc" and len(parts) == 2:
        digits = _joined(parts[0], parts[1], 17)
        return Item(box=f"00/{digits}{_check_digit(digits)}") if digits else Item()
    if match["scheme"] in _TRADE and len(parts) >= 3:
        return _trade_item(match["scheme"], match["form"], parts)
    return Item()


def _trade_item(scheme: str, form: str, parts: list[str]) -> Item:
    digits = _joined(parts[0], parts[1], 13)
    if not digits:
        return Item()
    gtin, serial = digits + _check_digit(digits), unquote(".".join(parts[2:]))
    if scheme == "lgtin":
        return Item(gtin, lot=f"01/{gtin}/10/{serial}")
    if scheme == "sgtin" and form == "id":
        return Item(gtin, box=f"01/{gtin}/21/{serial}")
    return Item(gtin)


def gln_of(uri: str) -> str | None:
    """The GLN of a place or a party; None if the URI names neither in a form of GS1."""
    match = _URN.fullmatch(uri)
    if match is not None:
        parts = match["body"].split(".")
        if match["scheme"] in _PLACE and len(parts) >= 2 and (parts[0] + parts[1]).isascii():
            digits = parts[0] + parts[1]
            return digits + _check_digit(digits) if digits.isdigit() and len(digits) == 12 else None
        return None
    link = _link(uri)
    gln = link.get("414") or link.get("417")
    return gln if gln and gln.isdigit() and gln.isascii() and len(gln) == 13 else None


def _linked_item(uri: str) -> Item:
    link = _link(uri)
    sscc = link.get("00")
    if sscc:
        return Item(box=f"00/{sscc}")
    gtin = link.get("01")
    if not gtin or not (gtin.isascii() and gtin.isdigit() and len(gtin) in {8, 12, 13, 14}):
        return Item()
    gtin = gtin.zfill(14)
    lot, serial = link.get("10"), link.get("21")
    return Item(gtin, f"01/{gtin}/10/{lot}" if lot else None, f"01/{gtin}/21/{serial}" if serial else None)


def _link(uri: str) -> dict[str, str]:
    """The keys and qualifiers in the path of a GS1 digital link, on whichever domain it stands."""
    if not uri.startswith(("https://", "http://")):
        return {}
    parts = urlsplit(uri).path.strip("/").split("/")
    primary = next((index for index, part in enumerate(parts) if part in {"01", "00", "414", "417"}), None)
    if primary is None:
        return {}
    pairs = parts[primary:]
    return {name: unquote(value) for name, value in zip(pairs[::2], pairs[1::2], strict=False)}


def _joined(company: str, reference: str, length: int) -> str | None:
    """Company prefix and reference of a URN in the order of the key: the indicator digit comes first."""
    digits = reference[:1] + company + reference[1:]
    return digits if digits.isascii() and digits.isdigit() and len(digits) == length else None


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
