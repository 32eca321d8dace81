"""What EPCIS events become: records where a rule can use them, a reason where none can."""

import json

import pytest

from connectors.epcis.keys import Item, gln_of, item_of
from connectors.epcis.mapping import DEFAULT_SOURCE, read
from connectors.epcis.partner import BadPartner, Partner, load_partner
from schemas.envelope import read as judge
from schemas.times import parse_instant

LGTIN, LOT = "urn:epc:class:lgtin:4012345.012345.998877", "01/04012345123456/10/998877"
SGTIN, BOX = "urn:epc:id:sgtin:0614141.107346.2018", "01/10614141073464/21/2018"
SHOP, SHOP_GLN = "urn:epc:id:sgln:0614141.07346.1234", "0614141073467"
PARTNER = Partner(operators={SHOP_GLN: "OP-0117"}, goods={"04012345": "fruit"})
RECORDED = parse_instant("2022-01-12T09:35:00+08:00")
BASE = {
    "@context": "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "eventTime": "2022-01-12T09:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "quantityList": [{"epcClass": LGTIN, "quantity": 200, "uom": "KGM"}],
    "bizLocation": {"id": SHOP},
}
POSITIVE = {"type": "Count", "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/2697049", "booleanValue": True}


def verdict(partner=PARTNER, **changes):
    event = {name: value for name, value in {**BASE, **changes}.items() if value is not ...}
    (only,) = read(json.dumps(event).encode(), partner)
    for record in only.records:  # whatever comes out is a record that intake accepts
        judge(json.dumps(record).encode(), {}, recorded=RECORDED, goods=("fruit",))
    return only


def single(**changes):
    (record,) = verdict(**changes).records
    return record


def test_receiving_is_goods_in_with_the_supplier_of_the_source():
    record = single(
        bizStep="receiving", sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}]
    )
    assert record["type"] == "goods.received"
    assert record["data"] == {
        "operator": "OP-0117",
        "lot": LOT,
        "quantity": {"amount": 200, "unit": "KGM"},
        "supplier": "4012345002256",
    }
    assert (record["id"], record["time"], record["source"]) == ("urn:uuid:1", BASE["eventTime"], DEFAULT_SOURCE)


def test_shipping_is_goods_out_of_where_it_was_read_to_the_buyer_of_the_destination():
    record = single(
        bizStep="shipping",
        bizLocation=...,
        readPoint={"id": SHOP},
        destinationList=[{"type": "possessing_party", "destination": "https://id.gs1.org/417/4012345000115"}],
    )
    assert record["type"] == "goods.dispatched"
    assert (record["data"]["operator"], record["data"]["buyer"]) == ("OP-0117", "4012345000115")


@pytest.mark.parametrize("step", ["retail_selling", "https://ref.gs1.org/cbv/BizStep-retail_selling"])
def test_retail_selling_is_a_sale_in_whichever_form_the_step_is_written(step):
    assert single(bizStep=step, action="DELETE")["type"] == "goods.sold"


def test_each_box_is_a_scan_of_its_own_with_an_identity_of_its_own():
    records = verdict(bizStep="retail_selling", quantityList=..., epcList=[SGTIN, SGTIN + "9"]).records
    assert [record["data"]["box"] for record in records] == [BOX, BOX + "9"]
    assert [record["id"] for record in records] == ["urn:uuid:1", "urn:uuid:1#2"]


def test_children_of_an_aggregation_are_scanned_like_others():
    family = {"type": "AggregationEvent", "parentID": "urn:epc:id:sscc:0614141.1234567890", "childEPCs": [SGTIN]}
    record = single(bizStep="receiving", quantityList=..., **family)
    assert record["data"]["box"] == BOX


def test_what_is_taken_out_of_a_group_is_not_received():
    family = {"type": "AggregationEvent", "parentID": "urn:epc:id:sscc:0614141.1234567890", "childEPCs": [SGTIN]}
    assert "DELETE" in verdict(bizStep="receiving", quantityList=..., action="DELETE", **family).unused


def test_goods_of_a_class_without_lot_are_said_to_be_unused():
    said = verdict(bizStep="retail_selling", quantityList=[{"epcClass": "https://id.gs1.org/01/04012345123456"}])
    assert said.unused == "it names no lot and no box, only classes of goods"


def test_what_is_no_goods_is_left_out_and_said():
    said = verdict(bizStep="receiving", epcList=["urn:epc:id:grai:4012345.66666.87"])
    assert len(said.records) == 1
    assert said.notes == ("1 of 2 identifiers name no lot and no box of goods",)


def test_commissioning_with_certificates_puts_the_lot_on_the_chain():
    record = single(
        bizStep="commissioning",
        action="ADD",
        bizTransactionList=[
            {"type": "cert", "bizTransaction": "urn:epcglobal:cbv:bt:1:Q-1"},
            {"type": "testres", "bizTransaction": "urn:epcglobal:cbv:bt:1:T-1"},
            {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:1:P-1"},
        ],
        ilmd={"cbvmda:countryOfOrigin": "CL"},
    )
    assert record["type"] == "lot.uploaded"
    assert record["data"] == {
        "operator": "OP-0117",
        "lot": LOT,
        "goods": "fruit",
        "quantity": {"amount": 200, "unit": "KGM"},
        "trace_code": LOT,
        "origin": "CL",
        "first_station": True,
        "papers": [
            {"kind": "quarantine", "number": "urn:epcglobal:cbv:bt:1:Q-1", "issued_on": "2022-01-12"},
            {"kind": "test", "number": "urn:epcglobal:cbv:bt:1:T-1", "issued_on": "2022-01-12"},
        ],
    }


def test_certification_information_is_the_quarantine_certificate_where_no_other_is_named():
    record = single(bizStep="commissioning", action="ADD", certificationInfo="https://example.org/Q-1")
    assert [paper["number"] for paper in record["data"]["papers"]] == ["https://example.org/Q-1"]


def test_a_lot_number_beside_boxes_is_their_lot():
    record = single(
        bizStep="commissioning",
        action="ADD",
        quantityList=...,
        epcList=["urn:epc:id:sgtin:4012345.012345.1", "urn:epc:id:sgtin:4012345.012345.2"],
        ilmd={"cbvmda:lotNumber": "998877"},
    )
    assert record["data"]["lot"] == LOT


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"partner": Partner()}, "class of goods"),
        ({"quantityList": ..., "epcList": [SGTIN]}, "needs a lot"),
        ({"bizLocation": ...}, "no operator"),
        ({"action": "OBSERVE"}, "OBSERVE"),
    ],
)
def test_what_an_upload_lacks_is_said(changes, missing):
    assert missing in verdict(**{"bizStep": "commissioning", "action": "ADD", **changes}).unused


def test_repacking_is_an_upload_of_what_comes_out():
    record = single(
        type="TransformationEvent",
        action=...,
        quantityList=...,
        bizStep="commissioning",
        inputEPCList=[SGTIN],
        outputQuantityList=[{"epcClass": LGTIN, "quantity": 20}],
    )
    assert (record["data"]["lot"], record["data"]["first_station"]) == (LOT, False)


def test_a_positive_sensor_report_is_a_positive_sample():
    record = single(bizStep="inspecting", sensorElementList=[{"sensorReport": [POSITIVE]}])
    assert record["type"] == "sample.tested"
    assert record["data"] | {"sample": "x"} == {
        "sample": "x",
        "on": "goods",
        "operator": "OP-0117",
        "lot": LOT,
        "result": "positive",
        "hazard": "SARS-CoV-2",
    }


def test_a_swab_of_no_goods_is_one_of_a_surface_taken_when_its_report_says():
    report = POSITIVE | {"time": "2022-01-12T08:00:00+08:00"}
    record = single(quantityList=..., readPoint={"id": SHOP}, sensorElementList=[{"sensorReport": [report]}])
    assert (record["data"]["on"], record["time"]) == ("surface", "2022-01-12T08:00:00+08:00")


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ({}, "positive"),
        ({"booleanValue": False}, "negative"),
        ({"booleanValue": True}, "positive"),
        ({"stringValue": "Negative "}, "negative"),
        ({"stringValue": "positive"}, "positive"),
        ({"value": 0}, "negative"),
        ({"value": 0.05}, "positive"),
    ],
)
def test_who_names_a_microorganism_found_it_unless_the_report_says_otherwise(said, result):
    report = {"type": "Count", "microorganism": POSITIVE["microorganism"], **said}
    assert single(sensorElementList=[{"sensorReport": [report]}])["data"]["result"] == result


def test_of_several_reports_of_one_hazard_a_positive_one_stands():
    reports = [POSITIVE | {"booleanValue": False}, POSITIVE, POSITIVE | {"booleanValue": False}]
    assert single(sensorElementList=[{"sensorReport": reports}])["data"]["result"] == "positive"


def test_goods_received_with_a_positive_report_are_both():
    records = verdict(bizStep="receiving", sensorElementList=[{"sensorReport": [POSITIVE]}]).records
    assert [record["type"] for record in records] == ["goods.received", "sample.tested"]
    assert len({record["id"] for record in records}) == 2


def test_an_error_declaration_voids_what_the_event_became():
    original = verdict(bizStep="retail_selling", quantityList=..., epcList=[SGTIN, SGTIN + "9"]).records
    declaration = {"declarationTime": "2022-01-12T09:33:00+08:00", "reason": "did_not_occur"}
    voids = verdict(
        bizStep="retail_selling", quantityList=..., epcList=[SGTIN, SGTIN + "9"], errorDeclaration=declaration
    ).records
    assert [void["data"]["record"] for void in voids] == [record["id"] for record in original]
    assert {void["type"] for void in voids} == {"record.voided"}
    assert {void["source"] for void in voids} == {void["data"]["source"] for void in voids} == {DEFAULT_SOURCE}
    assert voids[0]["time"] == declaration["declarationTime"]
    assert voids[0]["voids"] == "goods.sold"


def test_an_event_without_identity_is_known_by_its_content_and_so_can_be_declared_an_error():
    plain = single(bizStep="receiving", eventID=...)
    assert plain["id"].startswith("urn:lianfang:epcis:sha256:")
    jumbled = dict(reversed(BASE.items())) | {"recordTime": "2022-01-12T09:40:00+08:00", "bizStep": "receiving"}
    del jumbled["eventID"]
    assert read(json.dumps(jumbled).encode(), PARTNER)[0].records[0]["id"] == plain["id"]
    declaration = {"declarationTime": "2022-01-12T09:33:00+08:00"}
    assert single(bizStep="receiving", eventID=..., errorDeclaration=declaration)["data"]["record"] == plain["id"]
    assert (
        single(bizStep="receiving", eventID=..., quantityList=[{"epcClass": LGTIN, "quantity": 201}])["id"]
        != plain["id"]
    )


def test_a_partners_own_step_may_mean_disinfection():
    partner = Partner(operators=PARTNER.operators, disinfecting=["https://vendor.example.com/disinfecting"])
    record = single(partner=partner, bizStep="https://vendor.example.com/disinfecting")
    assert (record["type"], record["data"]) == (
        "disinfection.recorded",
        {"operator": "OP-0117", "scope": "lot", "lot": LOT},
    )


@pytest.mark.parametrize("step", ["holding", "destroying", "storing", "https://vendor.example.com/step", ...])
def test_what_no_rule_reads_is_said_to_be_unused(step):
    said = verdict(bizStep=step)
    assert said.records == ()
    assert said.unused


def test_without_a_partners_file_an_operator_is_called_by_its_gln():
    assert single(partner=Partner(), bizStep="receiving")["data"]["operator"] == SHOP_GLN


def test_a_place_without_gln_needs_the_partners_file():
    place = {"id": "https://shop.example.com/117"}
    assert "no operator" in verdict(bizStep="receiving", bizLocation=place).unused
    known = Partner(operators={place["id"]: "OP-0117"})
    assert single(partner=known, bizStep="receiving", bizLocation=place)["data"]["operator"] == "OP-0117"


def test_the_sender_of_a_document_is_the_source_of_its_records():
    event = {name: value for name, value in (BASE | {"bizStep": "receiving"}).items() if name != "@context"}
    frame = {
        "@context": BASE["@context"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": BASE["eventTime"],
        "sender": "urn:epc:id:sgln:0353579.00001.0",
        "epcisBody": {"eventList": [event]},
    }
    content = json.dumps(frame).encode()
    assert read(content)[0].records[0]["source"] == frame["sender"]
    assert read(content, Partner(source="urn:x"))[0].records[0]["source"] == "urn:x"
    assert read(content, Partner(source="urn:x"), source="urn:y")[0].records[0]["source"] == "urn:y"


@pytest.mark.parametrize(
    ("uri", "item"),
    [
        (LGTIN, Item("04012345123456", lot=LOT)),
        ("https://id.gs1.org/01/04012345123456/10/998877", Item("04012345123456", lot=LOT)),
        (
            "https://brand.example.com/path/01/4012345123456/10/998877/21/7?x=1",
            Item("04012345123456", LOT, "01/04012345123456/21/7"),
        ),
        (SGTIN, Item("10614141073464", box=BOX)),
        ("https://id.gs1.org/00/106141412345678908", Item(box="00/106141412345678908")),
        ("urn:epc:id:sscc:0614141.1234567890", Item(box="00/106141412345678908")),
        ("urn:epc:idpat:sgtin:4012345.066666.*", Item("04012345666663")),
        ("urn:epc:id:giai:4012345.AAbb", Item()),
        ("urn:epc:class:lgtin:401234.012345.1", Item()),
        ("https://example.org/", Item()),
        ("urn:uuid:1", Item()),
    ],
)
def test_keys_are_the_same_as_urn_and_as_link(uri, item):
    assert item_of(uri) == item


@pytest.mark.parametrize(
    ("uri", "gln"),
    [
        (SHOP, SHOP_GLN),
        ("urn:epc:id:pgln:4012345.00225", "4012345002256"),
        ("https://id.gs1.de/414/4012345000115", "4012345000115"),
        ("https://id.gs1.org/414/4012345000115/254/7", "4012345000115"),
        ("urn:epc:id:sgln:1.2.3", None),
        ("https://id.gs1.org/414/12", None),
        ("urn:epc:id:grai:4012345.66666.87", None),
    ],
)
def test_places_and_parties_have_a_gln(uri, gln):
    assert gln_of(uri) == gln


def test_the_longest_beginning_of_a_gtin_says_the_class():
    partner = Partner(goods={"0401": "fruit", "04012345": "frozen-meat"})
    assert partner.goods_class("04012345123456") == "frozen-meat"
    assert partner.goods_class("04019999999999") == "fruit"
    assert partner.goods_class("06141410000000") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("operators: {4012345000115: A}", "operators"),
        ("goods: {'x': fruit}", "GTIN"),
        ("colour: red", "colour"),
        ("operators: [", "partner.yaml:1"),
        ("- a", "partner.yaml"),
    ],
)
def test_a_partners_file_that_can_not_be_used_says_where(tmp_path, text, said):
    path = tmp_path / "partner.yaml"
    path.write_text(text)
    with pytest.raises(BadPartner, match=said):
        load_partner(path)


def test_a_partners_file_is_read(tmp_path):
    path = tmp_path / "partner.yaml"
    path.write_text("operators: {'4012345000115': A}\ngoods: {'0401': fruit}\n")
    assert load_partner(path).operators == {"4012345000115": "A"}
    path.write_text("")
    assert load_partner(path) == Partner()
