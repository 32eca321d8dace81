"""The good and bad messages of every type in schemas/examples are judged as they say."""

from importlib.resources import files

import orjson
import pytest

from schemas.envelope import TYPES, Refused, read
from schemas.times import parse_instant

RECORDED = parse_instant("2022-01-12T09:35:00+08:00")
GOODS = ("chilled-aquatic", "chilled-meat", "frozen-aquatic", "frozen-meat", "fruit", "other-food")
EXAMPLES = files("schemas") / "examples"


def lines(folder: str):
    for file in sorted((EXAMPLES / folder).iterdir(), key=lambda file: file.name):
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            yield pytest.param(file.name.removesuffix(".jsonl"), line, id=f"{file.name}:{number}")


@pytest.mark.parametrize(("kind", "line"), list(lines("good")))
def test_a_good_message_is_read_in_both_modes(kind, line):
    record = read(line, {}, recorded=RECORDED, goods=GOODS, topic=TYPES[kind][0])
    event = orjson.loads(line)
    headers = {f"ce_{name}": value.encode() for name, value in event.items() if name != "data"}
    assert record.type == kind
    assert read(orjson.dumps(event["data"]), headers, recorded=RECORDED, goods=GOODS) == record


@pytest.mark.parametrize(("kind", "line"), list(lines("bad")))
def test_a_bad_message_is_refused_and_its_field_named(kind, line):
    bad = orjson.loads(line)
    with pytest.raises(Refused) as caught:
        read(orjson.dumps(bad["event"]), {}, recorded=RECORDED, goods=GOODS)
    assert caught.value.reason == bad["reason"]
    assert caught.value.message.startswith(bad["field"])


def test_every_type_has_good_and_bad_examples():
    for folder in ("good", "bad"):
        names = {file.name.removesuffix(".jsonl") for file in (EXAMPLES / folder).iterdir()}
        assert names >= set(TYPES)
