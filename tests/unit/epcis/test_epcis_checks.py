"""Each kind of value in an EPCIS document: what it takes, and what is said of what it does not take, and where."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.epcis import checks
from connectors.epcis.checks import MAX_PROBLEMS, Check, Findings
from connectors.epcis.vocabulary import BIZ_STEPS, bare

STEP = checks.word(BIZ_STEPS)
STRICT = checks.word({"ADD", "DELETE"}, own=False)
DAY = checks.matching(r"\d{4}-\d\d-\d\d", "a date")
SEVERAL = checks.many(checks.uri, least=1, unique=True)
EITHER = checks.one_or_many(checks.number)
EVENT = checks.fields({"type": checks.text, "count": checks.number}, required=["type"])

TAKES: dict[str, tuple[Check, list[Any]]] = {
    "a text": (checks.text, ["", "x", "水果"]),
    "a URI": (checks.uri, ["urn:epc:id:sgtin:1.2.3", "https://id.gs1.org/01/1", "gs1:Temperature", "a:b"]),
    "a time": (checks.time, ["2022-01-12T09:30:00+08:00", "2022-01-12T09:30:00.123Z"]),
    "an offset": (checks.offset, ["+08:00", "-00:30", "+13:59", "+14:00", "-14:00"]),
    "a number": (checks.number, [0, -1, 1.5]),
    "true or false": (checks.boolean, [True, False]),
    "anything": (checks.anything, [None, 1, {}, []]),
    "a text of a form": (DAY, ["2022-01-12"]),
    "a word of the standard": (STEP, ["shipping", "cbv:BizStep-shipping", "urn:epcglobal:cbv:bizstep:shipping"]),
    "a URI of one's own": (STEP, ["https://example.com/steps/disinfecting", "my:step"]),
    "a word that nobody may add to": (STRICT, ["ADD", "DELETE"]),
    "one of a few words": (checks.one_of("a", "b"), ["a", "b"]),
    "a list": (SEVERAL, [["urn:a"], ["urn:a", "urn:b"]]),
    "one or several": (EITHER, [1, [1, 2], []]),
    "an object": (EVENT, [{"type": "x"}, {"type": "x", "count": 1}, {"type": "x", "ns:own": {}, "@context": 1}]),
}
REFUSES: dict[str, tuple[Check, Any, list[str]]] = {
    "a number for a text": (checks.text, 1, ["at: must be a text"]),
    "nothing for a text": (checks.text, None, ["at: must be a text"]),
    "a word for a URI": (checks.uri, "shipping", ["at: must be a URI"]),
    "a URI with a space": (checks.uri, "urn:a b", ["at: must be a URI"]),
    "a URI in a list": (checks.uri, ["urn:a"], ["at: must be a URI"]),
    "a time as a number": (checks.time, 1, ["at: must be a time with an offset, as a text"]),
    "an offset beyond the last": (checks.offset, "+14:30", ["at: must be an offset like +08:00, at most 14:00"]),
    "an offset without sign": (checks.offset, "08:00", ["at: must be an offset like +08:00, at most 14:00"]),
    "true for a number": (checks.number, True, ["at: must be a number"]),
    "a text for a number": (checks.number, "1", ["at: must be a number"]),
    "one for true": (checks.boolean, 1, ["at: must be true or false"]),
    "another form": (DAY, "12.1.2022", ["at: must be a date"]),
    "a word that is none": (STEP, "teleporting", ["at: is no word of the standard vocabulary and no URI"]),
    "a word of GS1's that is none": (
        STEP,
        "cbv:BizStep-teleporting",
        ["at: is no word of the standard vocabulary and no URI"],
    ),
    "a list for a word": (STEP, ["shipping"], ["at: must be a text"]),
    "one's own word where nobody may add": (STRICT, "my:word", ["at: must be a word of the standard vocabulary"]),
    "another word": (checks.one_of("a", "b"), "c", ["at: must be one of a, b"]),
    "one for a list": (SEVERAL, "urn:a", ["at: must be a list"]),
    "an empty list": (SEVERAL, [], ["at: must have at least 1 element"]),
    "the same twice": (SEVERAL, ["urn:a", "urn:a"], ["at: names something twice"]),
    "a wrong element": (SEVERAL, ["urn:a", "b"], ["at[1]: must be a URI"]),
    "a wrong one of several": (EITHER, [1, "2"], ["at[1]: must be a number"]),
    "a list for an object": (EVENT, [], ["at: must be an object"]),
    "a required field left out": (EVENT, {}, ["at.type: is required"]),
    "a field that nobody knows": (
        EVENT,
        {"type": "x", "colour": "red"},
        ["at.colour: is no field of the standard, and has no namespace"],
    ),
    "two faults at once": (EVENT, {"count": "x"}, ["at.type: is required", "at.count: must be a number"]),
}


def said(check: Check, value: Any, findings: Findings | None = None) -> list[str]:
    findings = findings or Findings()
    check(value, "at", findings)
    return [str(problem) for problem in findings.problems]


@pytest.mark.parametrize(("check", "values"), TAKES.values(), ids=TAKES.keys())
def test_it_takes(check, values):
    assert [said(check, value) for value in values] == [[] for _ in values]


@pytest.mark.parametrize(("check", "value", "words"), REFUSES.values(), ids=REFUSES.keys())
def test_it_refuses(check, value, words):
    assert said(check, value) == words


@pytest.mark.parametrize("time", ["yesterday", "2022-01-12", "2022-01-12T09:30:00", "2022-13-12T09:30:00Z"])
def test_a_time_is_one_with_an_offset_and_of_the_calendar(time):
    (problem,) = said(checks.time, time)
    assert problem.startswith("at: ")


def test_at_the_top_a_field_is_named_by_itself():
    findings = Findings()
    EVENT({}, "", findings)
    assert [problem.field for problem in findings.problems] == ["type"]


def test_a_name_that_the_documents_own_context_defines_needs_no_namespace():
    assert said(EVENT, {"type": "x", "colour": "red"}, Findings(terms={"colour"})) == []


def test_of_a_document_that_is_wrong_throughout_the_first_faults_are_enough_and_none_is_said_twice():
    findings = Findings()
    for number in range(3 * MAX_PROBLEMS):
        for _ in range(2):
            findings.add(f"field{number}", "is wrong")
    assert [problem.field for problem in findings.problems] == [f"field{number}" for number in range(MAX_PROBLEMS)]


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("shipping", ("shipping", True)),
        ("https://ref.gs1.org/cbv/BizStep-shipping", ("shipping", True)),
        ("https://ns.gs1.org/cbv/Disp-in_transit", ("in_transit", True)),
        ("urn:epcglobal:cbv:btt:po", ("po", True)),
        ("urn:epcglobal:cbv:sdt:owning_party", ("owning_party", True)),
        ("urn:epcglobal:cbv:er:did_not_occur", ("did_not_occur", True)),
        ("https://gs1.org/voc/MeasurementType-Temperature", ("Temperature", True)),
        ("gs1:Temperature", ("Temperature", True)),
        ("cbv:Comp-x", ("x", True)),
        ("https://example.com/BizStep-shipping", ("https://example.com/BizStep-shipping", False)),
        ("urn:epcglobal:cbv:bizstep:", ("urn:epcglobal:cbv:bizstep:", False)),
    ],
)
def test_a_word_of_gs1_is_the_same_in_all_its_spellings_and_a_vendors_stays_as_it_is(word, read):
    assert bare(word) == read
