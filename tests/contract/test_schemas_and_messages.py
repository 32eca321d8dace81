"""A message that the published schemas allow is one that intake accepts, but for what JSON Schema can't say."""

import json
from pathlib import Path

import pytest

from schemas import contract
from schemas.alerts import SEVERITY, Kind, Severity
from schemas.envelope import TYPES
from tests.contract.json_schema import faults

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
SCHEMAS = contract.json_schemas()
BEYOND = {
    ("lot.uploaded", "goods"),  # the classes are configuration
    ("lot.uploaded", "lot"),  # blank after trimming Unicode's white space
    ("operator.registered", "operator"),  # 65 characters: the limit is for what is left after trimming
    ("operator.registered", "town"),  # characters by category
    ("goods.received", "box"),
    ("goods.dispatched", "time"),  # the future and the past are relative
}
"""Of the bad examples, those whose fault no schema can say."""


def lines(folder):
    return [
        pytest.param(path.stem, json.loads(line), id=f"{path.stem}:{number}")
        for path in sorted((EXAMPLES / folder).glob("*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if path.stem in TYPES
    ]


@pytest.mark.parametrize(("kind", "event"), lines("good"))
def test_a_good_message_is_allowed(kind, event):
    assert list(faults(SCHEMAS[kind], event)) == []


@pytest.mark.parametrize(("kind", "bad"), lines("bad"))
def test_a_bad_message_is_not(kind, bad):
    assert list(faults(SCHEMAS[kind], bad["event"])) or (kind, bad["field"]) in BEYOND


@pytest.mark.parametrize(
    "path",
    sorted((EXAMPLES.parents[1].parent / "shared" / "examples").glob("*.history.jsonl")),
    ids=lambda path: path.stem,
)
def test_the_histories_of_the_contract_are_allowed_but_for_what_they_show_refused(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        found = list(faults(SCHEMAS[event["type"]], event))
        assert not found or (
            path.stem.startswith("identifiers") and [one.split(":")[0] for one in found] == [".data.staff"]
        )


def test_messages_inlined_into_asyncapi_say_the_same():
    messages = contract.asyncapi()["components"]["messages"]
    for kind, event in (parameter.values for parameter in [*lines("good"), *lines("bad")]):
        one = event.get("event", event)
        inlined = list(faults(messages[kind]["payload"], one))
        assert bool(inlined) == bool(list(faults(SCHEMAS[kind], one)))


ALERT = {
    "id": "abcdefghijklmnopqrstuvwxyz", "kind": "papers-missing", "severity": "warning", "operator": "A",
    "subject": "L", "status": "firing", "episode": 1, "revision": 1, "since": "2022-01-12T01:30:00.000Z",
    "changed_at": "2022-01-12T01:31:00.000Z", "resolved_by": None,
    "place": {"county": "330111", "town": "t", "grid": "g", "office": "o"}, "detail": {"lot": "L", "missing": ["test"]},
    "as_of": {"tick": "2022-01-12T01:31:00.000Z", "partition": 0, "offset": 7},
    "because": [{"source": "s", "id": "1", "type": "lot.uploaded", "time": "2022-01-12T01:30:00.000Z"}],
    "basis": "b", "text": "t", "drill": False,
}  # fmt: skip


def test_an_alert_in_the_contracts_form_is_allowed():
    assert list(faults(SCHEMAS["alert"], ALERT)) == []
    assert list(faults(SCHEMAS["alert"], {**ALERT, "place": None})) == []
    for kind in Kind:
        severity = SEVERITY.get(kind, Severity.WARNING)
        assert list(faults(SCHEMAS["alert"], {**ALERT, "kind": kind, "severity": severity})) == []


@pytest.mark.parametrize("field", ALERT)
def test_an_alert_without_one_of_its_fields_is_not(field):
    assert list(faults(SCHEMAS["alert"], {name: value for name, value in ALERT.items() if name != field}))


def test_the_tests_own_reader_refuses_keywords_it_does_not_know():
    with pytest.raises(KeyError):
        list(faults({"contains": {}}, []))
