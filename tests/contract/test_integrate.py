"""The examples of docs/integrate.md work as they stand there."""

import asyncio
import json
import re
import shlex
import time
from pathlib import Path

import pytest
import yaml

from connectors.cli import main
from connectors.epcis.partner import load_partner
from connectors.sending.files import messages
from connectors.topics import cluster
from schemas.envelope import TYPES, read
from schemas.reasons import Reason
from schemas.times import parse_instant
from streams.settings import Commit, Settings

TEXT = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text(encoding="utf-8")
RECORDED = parse_instant("2022-01-12T09:45:00+08:00")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def shell_lines():
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("event", blocks("json"))
def test_every_event_is_accepted(event):
    record = read(event.encode(), {}, recorded=RECORDED, goods=())
    assert record.type == json.loads(event)["type"]


def test_the_binary_example_is_accepted():
    (line,) = (line for line in shell_lines() if "-H ce_type" in line)
    words = shlex.split(line.replace("$(date -Iseconds)", "2022-01-12T09:31:00+08:00"))
    value = words[words.index("echo") + 1]
    headers = dict(words[index + 1].split("=", 1) for index, word in enumerate(words) if word == "-H")
    record = read(
        value.encode(), {name: content.encode() for name, content in headers.items()}, recorded=RECORDED, goods=()
    )
    assert record.type == "goods.sold"


def test_every_type_and_reason_is_in_the_tables():
    for kind, (home, _) in TYPES.items():
        assert f"`{kind}`" in TEXT
        if home:
            (row,) = re.findall(rf"^\| `{home}` \|.*$", TEXT, re.MULTILINE)
            assert f"`{kind}`" in row
    for reason in Reason:
        assert f"| `{reason}` |" in TEXT


def commands():
    return [line for line in shell_lines() if line.startswith("lianfang ")] + re.findall(r"`(lianfang [^`]+)`", TEXT)


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_every_command_and_option_exists(line):
    words = shlex.split(line.replace("FILE…", "file"))[1:]
    command, name = main, ""
    while words and hasattr(command, "commands") | (command is main):
        name = words.pop(0)
        command = command.get_command(None, name) if command is main else command.commands[name]
        assert command is not None, line
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_the_partners_file_is_one(tmp_path):
    (content,) = blocks("yaml")
    path = tmp_path / "partner.yaml"
    path.write_text(content, encoding="utf-8")
    assert load_partner(path).model_dump(exclude_defaults=True) == yaml.safe_load(content)


def test_the_python_example_publishes_a_record(embedded_broker, tmp_path):
    (code,) = blocks("python")
    settings = Settings(bootstrap=embedded_broker.bootstrap, commit=Commit.PLAIN, replication=1, min_isr=1)
    asyncio.run(cluster.ensure(settings))
    # the embedded broker knows no idempotence; everything else is run as it stands
    space: dict[str, object] = {"__name__": "example"}
    exec(compile(code.replace("enable_idempotence=True", "enable_idempotence=False"), "integrate.md", "exec"), space)  # noqa: S102
    asyncio.run(space["main"](embedded_broker.bootstrap))
    event = json.dumps(space["EVENT"]).encode()
    assert read(event, {}, recorded=int(time.time() * 1000), goods=()).type == "goods.received"


def test_the_good_examples_can_be_read_as_files():
    folder = Path(__file__).parents[2] / "schemas" / "examples" / "good"
    for path in folder.glob("*.jsonl"):
        with path.open("rb") as stream:
            assert [found.value for found in messages(str(path), stream)] == path.read_bytes().splitlines()
