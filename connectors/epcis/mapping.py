"""From EPCIS events to records: the one table that says which of their words mean what to us.

Nothing is dropped silently: an event that becomes no record says why. Whether a record is accepted is for the envelope
to say, as for any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.epcis.document import open_document
from connectors.epcis.keys import Item, gln_of, item_of
from connectors.epcis.partner import Partner
from connectors.epcis.vocabulary import bare
from schemas.times import date_of, parse_instant

DEFAULT_SOURCE = "urn:lianfang:epcis"
NEGATIVE = {"negative", "not detected", "not_detected", "absent", "阴性", "未检出"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event: records (CloudEvents, structured), or why there are none. `notes`: what was assumed;
    `about`: what a person knows the event by.
    """

    index: int
    event: str
    records: tuple[dict[str, Any], ...] = ()
    unused: str | None = None
    notes: tuple[str, ...] = ()
    about: str = ""


class Unused(Exception):  # noqa: N818
    """The event is valid and no rule can use it; says what it is or what is missing."""


@dataclass
class Reading:
    """One event while it is read."""

    event: dict[str, Any]
    identity: str
    source: str
    partner: Partner
    notes: list[str] = field(default_factory=list)

    def items(self) -> list[tuple[Item, dict[str, Any] | None]]:
        """The goods it names, with quantities where it gives them; classes without lot are goods without a code."""
        event = self.event
        found: list[tuple[Item, dict[str, Any] | None]] = []
        for name in ("epcList", "childEPCs", "outputEPCList"):
            found += [(item_of(uri), None) for uri in event.get(name, ())]
        for name in ("quantityList", "childQuantityList", "outputQuantityList"):
            found += [(item_of(element["epcClass"]), _quantity(element)) for element in event.get(name, ())]
        return found

    def about(self) -> str:
        """What kind of event, of which goods: the first it names, and how many more; its own identity if it has one."""
        goods = [name for item, _ in self.items() if (name := item.lot or item.box or item.gtin)]
        more = f" and {len(goods) - 1} more" if len(goods) > 1 else ""
        step = bare(self.event["bizStep"])[0] if "bizStep" in self.event else ""
        words = [self.event["type"], step, f"of {goods[0]}{more}" if goods else "", self.event.get("eventID", "")]
        return " ".join(filter(None, words))

    def operator(self, *places: str) -> str:
        """Who it is about: the first of these places and parties that the partner's file knows, else that has a GLN."""
        uris = [uri for place in places for uri in self._named(place)]
        for uri in uris:
            known = self._known(uri)
            if known:
                return known
        for uri in uris:
            gln = gln_of(uri)
            if gln:
                return gln
        raise Unused(f"no operator: none of {', '.join(places)} has a GLN or stands in the partner's file")

    def party(self, side: str) -> str | None:
        """The other party of a delivery: `source` or `destination`."""
        uris = list(self._named(f"{side} party"))
        return next((self._known(uri) or gln_of(uri) or uri for uri in uris), None)

    def record(self, kind: str, data: dict[str, Any], number: int = 1, time: str | None = None) -> dict[str, Any]:
        """A CloudEvent. The first keeps the event's identity, further ones add their place in it."""
        identity = self.identity if number == 1 else f"{self.identity}#{number}"
        content = {name: value for name, value in data.items() if value is not None}
        return {
            "specversion": "1.0", "type": kind, "source": self.source, "id": identity,
            "time": time or self.event["eventTime"], "datacontenttype": "application/json", "data": content,
        }  # fmt: skip

    def _known(self, uri: str) -> str | None:
        return self.partner.operators.get(uri) or self.partner.operators.get(gln_of(uri) or "")

    def _named(self, place: str) -> Iterator[str]:
        if place in {"readPoint", "bizLocation"}:
            if place in self.event:
                yield self.event[place]["id"]
            return
        side = place.removesuffix(" party")
        parties = self.event.get(f"{side}List", ())
        for role in ("possessing_party", "owning_party"):
            yield from (party[side] for party in parties if bare(party["type"])[0] == role)


def _quantity(element: dict[str, Any]) -> dict[str, Any] | None:
    if "quantity" not in element:
        return None
    return {"amount": element["quantity"], "unit": element.get("uom", "EA")}


def _coded(reading: Reading) -> Iterator[tuple[int, Item, dict[str, Any] | None]]:
    """The goods that have a lot or a box, numbered by their place in the event."""
    items = reading.items()
    coded = [(number, item, amount) for number, (item, amount) in enumerate(items, 1) if item.lot or item.box]
    if not coded:
        raise Unused("it names no lot and no box" + (", only classes of goods" if items else ""))
    if len(coded) < len(items):
        reading.notes.append(f"{len(items) - len(coded)} of {len(items)} identifiers name no lot and no box of goods")
    yield from coded


def _scans(kind: str, *places: str, other: tuple[str, str] | None = None) -> Callable[[Reading], list[dict[str, Any]]]:
    """Goods scans of whoever is at these places; `other`: the field for the other party, and its side."""

    def read(reading: Reading) -> list[dict[str, Any]]:
        if reading.event.get("action") == "DELETE" and kind != "goods.sold":
            raise Unused("the action DELETE takes goods out of a group or transaction, which no rule reads")
        operator = reading.operator(*places)
        party = {other[0]: reading.party(other[1])} if other else {}
        return [
            reading.record(
                kind, {"operator": operator, "lot": item.lot, "box": item.box, "quantity": amount, **party}, number
            )
            for number, item, amount in _coded(reading)
        ]

    return read


def _uploads(reading: Reading) -> list[dict[str, Any]]:
    """Commissioning: the lots that come to be here, with the certificates that the event names."""
    event = reading.event
    if event.get("action", "ADD") != "ADD":
        raise Unused(f"commissioning with the action {event['action']} puts no lot on the chain")
    operator = reading.operator("bizLocation", "readPoint", "source party")
    lots: dict[str, tuple[int, Item, dict[str, Any] | None]] = {}
    for number, (item, amount) in enumerate(reading.items(), 1):
        lot = item.lot or _lot_of_ilmd(event, item)
        if lot:
            lots.setdefault(lot, (number, item, amount))
    if not lots:
        raise Unused("lot.uploaded needs a lot: an LGTIN, a digital link with /10/, or cbvmda:lotNumber")
    records = []
    for lot, (number, item, amount) in lots.items():
        goods = reading.partner.goods_class(item.gtin or "")
        if goods is None:
            reading.notes.append(
                f"{lot}: lot.uploaded needs a class of goods; name GTIN {item.gtin} in the partner's file"
            )
            continue
        data = {
            "operator": operator, "lot": lot, "goods": goods, "quantity": amount, "trace_code": lot,
            "origin": event.get("ilmd", {}).get("cbvmda:countryOfOrigin"), "supplier": reading.party("source"),
            "first_station": event["type"] == "ObjectEvent", "papers": _papers(reading),
        }  # fmt: skip
        if not isinstance(data["origin"], str):
            data["origin"] = None
        records.append(reading.record("lot.uploaded", data, number))
    if not records:
        raise Unused(reading.notes.pop())
    return records


def _lot_of_ilmd(event: dict[str, Any], item: Item) -> str | None:
    number = event.get("ilmd", {}).get("cbvmda:lotNumber")
    return f"01/{item.gtin}/10/{number}" if item.gtin and isinstance(number, str) and number else None


def _papers(reading: Reading) -> list[dict[str, Any]]:
    """The certificates. EPCIS gives no date of issue: the day of the event is the last one possible."""
    event = reading.event
    numbers = [
        (_PAPERS[bare(entry.get("type", ""))[0]], entry["bizTransaction"])
        for entry in event.get("bizTransactionList", ())
        if bare(entry.get("type", ""))[0] in _PAPERS
    ]
    certified = event.get("certificationInfo", [])
    if certified and "quarantine" not in {kind for kind, _ in numbers}:
        numbers += [("quarantine", uri) for uri in ([certified] if isinstance(certified, str) else certified)]
    if numbers:
        reading.notes.append("issued_on is taken to be the day of the event: EPCIS gives no date of issue")
    day = date_of(parse_instant(event["eventTime"]))
    return [{"kind": kind, "number": number, "issued_on": day} for kind, number in numbers]


def _disinfections(reading: Reading) -> list[dict[str, Any]]:
    """A business step that the partner's file says is disinfection: of the lots it names, else of the premises."""
    operator = reading.operator("bizLocation", "readPoint")
    lots = dict.fromkeys(item.lot for item, _ in reading.items() if item.lot)
    subjects = [{"scope": "lot", "lot": lot} for lot in lots] or [{"scope": "premises"}]
    return [
        reading.record("disinfection.recorded", {"operator": operator, **subject}, number)
        for number, subject in enumerate(subjects, 1)
    ]


def _samples(reading: Reading) -> list[dict[str, Any]]:
    """A sensor report that names a microorganism found it, unless it says that it did not."""
    found: dict[str, tuple[str, str | None]] = {}
    for element in reading.event.get("sensorElementList", ()):
        for report in element["sensorReport"]:
            if "microorganism" not in report:
                continue
            hazard = reading.partner.hazard(report["microorganism"])
            result = "negative" if _is_negative(report) else "positive"
            time = report.get("time") or element.get("sensorMetadata", {}).get("time")
            if found.get(hazard, ("negative", None))[0] == "negative":
                found[hazard] = (result, time)
    if not found:
        return []
    operator = reading.operator("bizLocation", "readPoint")
    items = reading.items()
    lots: list[str | None] = list(dict.fromkeys(item.lot for item, _ in items if item.lot)) or [None]
    on = "goods" if any(item.gtin or item.box for item, _ in items) else "surface"
    records = []
    for hazard, (result, time) in found.items():
        for lot in lots:
            name = f"{reading.identity}#sample/{hazard}/{lot or ''}"
            sample = "epcis-" + hashlib.sha256(name.encode()).hexdigest()[:32]
            data = {"sample": sample, "on": on, "operator": operator, "lot": lot, "result": result, "hazard": hazard}
            record = reading.record("sample.tested", data, time=time)
            records.append(record | {"id": f"{reading.identity}#{sample}"})
    return records


def _is_negative(report: dict[str, Any]) -> bool:
    if "booleanValue" in report:
        return report["booleanValue"] is False
    if "stringValue" in report:
        return report["stringValue"].strip().lower() in NEGATIVE
    values = [report[name] for name in ("value", "maxValue", "meanValue") if name in report]
    return bool(values) and all(value == 0 for value in values)


_PAPERS = {"cert": "quarantine", "testres": "test"}
"""Types of business transactions → kinds of papers."""

TABLE: dict[str, Callable[[Reading], list[dict[str, Any]]]] = {
    "receiving": _scans(
        "goods.received", "bizLocation", "destination party", "readPoint", other=("supplier", "source")
    ),
    "shipping": _scans("goods.dispatched", "readPoint", "source party", "bizLocation", other=("buyer", "destination")),
    "retail_selling": _scans("goods.sold", "bizLocation", "readPoint"),
    "commissioning": _uploads,
}
"""Business step → the records it becomes. Sensor reports and error declarations are read in whichever step."""


def read(content: bytes, partner: Partner | None = None, source: str | None = None) -> list[Verdict]:
    """A verdict for each event of a document, or of one event on its own. BadDocument if the standard forbids it."""
    partner = partner or Partner()
    document = open_document(content)
    origin = source or partner.source or document.sender or DEFAULT_SOURCE
    return [_verdict(index, event, origin, partner) for index, event in enumerate(document.events)]


def _verdict(index: int, event: dict[str, Any], source: str, partner: Partner) -> Verdict:
    identity = event.get("eventID") or _content_identity(event)
    if ":" in event["type"]:
        return Verdict(index, identity, (), f"no rule reads a {event['type']}", (), event["type"])
    reading = Reading(event, identity, source, partner)
    records: list[dict[str, Any]] = []
    reasons: list[str] = []
    for reader in (_by_step, _samples):
        try:
            records += reader(reading)
        except Unused as unused:
            reasons.append(str(unused))
    notes = tuple(reading.notes)
    if not records:
        return Verdict(index, identity, (), "; ".join(reasons), notes, reading.about())
    if "errorDeclaration" in event:
        return Verdict(index, identity, tuple(_void(record, event) for record in records), None, (), reading.about())
    return Verdict(index, identity, tuple(records), None, notes + tuple(reasons), reading.about())


def _by_step(reading: Reading) -> list[dict[str, Any]]:
    kind, step = reading.event["type"], reading.event.get("bizStep")
    if kind == "AssociationEvent":
        raise Unused("no rule reads an AssociationEvent")
    if step is None:
        raise Unused("it has no bizStep")
    if step in reading.partner.disinfecting:
        return _disinfections(reading)
    name, _ = bare(step)
    if name not in TABLE or (kind == "TransformationEvent" and name != "commissioning"):
        raise Unused(f"no rule reads the business step {name}")
    return TABLE[name](reading)


def _void(record: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """An error declaration repeats the event as it was: what it became is what it voids."""
    declaration = event["errorDeclaration"]
    time = declaration["declarationTime"]
    data = {"operator": record["data"]["operator"], "source": record["source"], "record": record["id"]}
    if "reason" in declaration:
        data["reason"] = bare(declaration["reason"])[0]
    void = {"type": "record.voided", "id": f"{record['id']}#voided/{time}", "time": time, "data": data}
    return record | void | {"voids": record["type"]}


def _content_identity(event: dict[str, Any]) -> str:
    """The identity of an event without `eventID`: a hash of what it says; the same in whichever order it is written."""
    said = {name: value for name, value in event.items() if name not in {"recordTime", "errorDeclaration", "@context"}}
    return "urn:lianfang:epcis:sha256:" + hashlib.sha256(orjson.dumps(_canonical(said))).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return [[name, _canonical(value[name])] for name in sorted(value)]
    if isinstance(value, list):
        return sorted((_canonical(item) for item in value), key=orjson.dumps)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
