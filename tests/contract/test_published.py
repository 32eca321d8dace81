"""What others rely on stands in schemas/published as it is, and says what the program does."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from schemas import contract
from schemas.envelope import PUBLIC_TOPICS, TYPES
from schemas.reasons import Reason
from schemas.topics import Sort, load

PUBLISHED = Path(str(files("schemas") / "published"))
ASYNCAPI = contract.asyncapi()


def test_the_files_are_what_lianfang_contract_writes():
    assert {path.name: path.read_text(encoding="utf-8") for path in PUBLISHED.iterdir()} == contract.published()


def test_the_document_is_asyncapi_3_and_complete_in_itself():
    tree = yaml.safe_load(contract.asyncapi_yaml())
    assert tree == json.loads(json.dumps(ASYNCAPI))
    assert tree["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= tree["info"].keys()

    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    for reference in references(tree):
        target = tree
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


def test_every_public_topic_is_received_and_every_output_is_sent():
    actions = {name.split("-", 1)[1]: operation["action"] for name, operation in ASYNCAPI["operations"].items()}
    assert {name for name, action in actions.items() if action == "receive"} == set(PUBLIC_TOPICS)
    outputs = {name for name, action in actions.items() if action == "send"}
    assert outputs == {"alerts", "alerts-private", "notices", "receipts", "dead-letters"}
    assert set(actions) == set(ASYNCAPI["channels"])
    assert outputs <= set(load().of_sort(Sort.OUTPUT))


@pytest.mark.parametrize("topic", PUBLIC_TOPICS)
def test_a_topic_carries_its_types_and_the_void(topic):
    messages = set(ASYNCAPI["channels"][topic]["messages"])
    assert messages == {kind for kind, (home, _) in TYPES.items() if home in (topic, None)}


def test_every_reason_is_explained():
    for reason in Reason:
        assert f"* `{reason}`: " in ASYNCAPI["info"]["description"]


@pytest.mark.parametrize("kind", TYPES)
def test_a_records_schema_names_its_fields_and_what_is_required(kind):
    schema = contract.json_schemas()[kind]
    model = TYPES[kind][1]
    data = schema["properties"]["data"]
    assert schema["properties"]["type"] == {"const": kind}
    assert set(data["properties"]) == set(model.model_fields)
    assert set(data.get("required", ())) == {name for name, field in model.model_fields.items() if field.is_required()}
    assert data["additionalProperties"] is True


def test_a_dead_letters_headers_are_those_that_are_written():
    from streams.journal import refusal
    from streams.machine import Entry

    letter = refusal(Entry("registry", 0, 0, 0, None, b"{", {}), Reason.NOT_JSON, "said")
    described = ASYNCAPI["components"]["messages"]["dead-letter"]["headers"]
    assert set(described["required"]) == {name for name, _ in letter.headers}
