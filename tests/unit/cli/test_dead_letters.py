"""`lianfang dead-letters`: what could not be used is found, shown without people's data, and sent again as it was."""

import asyncio
import json
import uuid
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from connectors.cli.dead_letters import command
from connectors.dead_letters.masking import MASK, masked_key, masked_text, masked_value
from connectors.topics import cluster
from schemas.times import parse_instant
from streams.intake.machine import Intake
from streams.machine import Entry
from streams.settings import Commit, Settings
from tests.reading import messages

RECORDED = parse_instant("2022-01-12T09:35:00+08:00")
STAFF = {
    "specversion": "1.0", "type": "staff.enrolled", "source": "s", "id": "1", "time": "2022-01-12T09:30:00+08:00",
    "data": {"operator": "A", "staff": "13800000000", "name": "张三", "phone": "13900000000"},
}  # fmt: skip
SENT = [
    ("registry", b"k0", json.dumps(STAFF).encode(), {}),
    ("scan-events", None, b"{half 13800000000", {"trace": b"1"}),
    ("scan-events", b"k2", b'{"operator": 5}', {"ce_specversion": b"1.0", "ce_type": b"goods.sold", "ce_source": b"s",
                                               "ce_id": b"2", "ce_time": b"2022-01-12T09:30:00+08:00"}),
    ("scan-events", b"k3", None, {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def settings(embedded_broker):
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    made = Settings(bootstrap=embedded_broker.bootstrap, prefix=prefix, commit=Commit.PLAIN, replication=1, min_isr=1)
    asyncio.run(cluster.ensure(made))
    asyncio.run(bury(made))
    return made


async def bury(settings):
    """Dead letters as intake writes them, a second apart, each in the next partition."""
    machine = Intake(0, SimpleNamespace(rules=SimpleNamespace(goods_classes=("fruit",))))
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    try:
        for number, (topic, key, value, headers) in enumerate(SENT):
            (letter,) = machine.apply(Entry(topic, 0, number, RECORDED, key, value, headers)).outputs
            await producer.send_and_wait(
                settings.prefix + letter.topic, letter.value, letter.key, partition=number % 4,
                headers=list(letter.headers), timestamp_ms=RECORDED + 1000 * number,
            )  # fmt: skip
    finally:
        await producer.stop()


@pytest.fixture
def run(settings):
    def run(*arguments, as_json=True):
        env = {
            "LIANFANG_BOOTSTRAP": settings.bootstrap, "LIANFANG_PREFIX": settings.prefix, "LIANFANG_COMMIT": "plain",
        }  # fmt: skip
        done = CliRunner().invoke(command, [*arguments, *(["--json"] if as_json else [])], env=env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        for personal in ("13800000000", "13900000000", "张三"):
            assert personal not in done.output
        said = [json.loads(line) for line in done.stdout.splitlines()] if as_json else done.stdout
        return done.exit_code, said, done.stderr

    return run


def test_they_are_listed_newest_first_or_from_a_time_on_with_reason_and_origin(run):
    code, said, _ = run("list")
    assert code == 0
    assert [(one["position"], one["reason"], one["origin"], one["type"], one["bytes"]) for one in said] == [
        ("3/0", "not-json", "scan-events/0/3", "", None),
        ("2/0", "invalid-data", "scan-events/0/2", "goods.sold", len(SENT[2][2])),
        ("1/0", "not-json", "scan-events/0/1", "", len(SENT[1][2])),
        ("0/0", "invalid-data", "registry/0/0", "staff.enrolled", len(SENT[0][2])),
    ]
    assert said[-1]["time"] == "2022-01-12T01:35:00.000Z"
    assert said[-1]["message"].startswith("staff:")
    since = run("list", "--since", "2022-01-12T01:35:00Z", as_json=False)[1]
    assert since.startswith("0/0  2022-01-12T01:35:00.000Z  invalid-data  registry/0/0")


@pytest.mark.parametrize(
    ("filters", "positions"),
    [
        (["--reason", "not-json"], ["3/0", "1/0"]),
        (["--topic", "registry"], ["0/0"]),
        (["--since", "2022-01-12T01:35:02Z"], ["2/0", "3/0"]),
        (["--until", "2022-01-12T01:35:01Z"], ["1/0", "0/0"]),
        (["--since", "2022-01-12T01:35:01Z", "--until", "2022-01-12T01:35:02Z"], ["1/0", "2/0"]),
        (["--since", "1h"], []),
        (["--reason", "not-json", "--until", "2022-01-12T01:35:01Z"], ["1/0"]),
    ],
)
def test_they_are_found_by_reason_origin_and_time(run, filters, positions):
    assert [one["position"] for one in run("list", *filters)[1]] == positions


@pytest.mark.parametrize("since", [[], ["--since", "2022-01-12T01:35:00Z"]], ids=["backwards", "from a time on"])
def test_a_page_says_how_to_go_on(run, since):
    _, first, stderr = run("list", "--limit", "3", *since)
    page = stderr.split("--page ")[1].strip()
    _, second, _ = run("list", "--limit", "3", "--page", page, *since)
    seen = [one["position"] for one in first + second]
    assert seen == (["0/0", "1/0", "2/0", "3/0"] if since else ["3/0", "2/0", "1/0", "0/0"])
    other = [] if since else ["--since", "1h"]
    assert run("list", "--page", page, *other, as_json=False)[0] == 2


def test_one_is_shown_with_its_fields_and_nobodys_data(run):
    _, (shown,), _ = run("show", "0/0")
    assert shown["value"]["data"] == {"operator": "A", "staff": MASK, "name": MASK, "phone": MASK}
    assert (shown["key"], shown["bytes"]) == ("k0", len(SENT[0][2]))
    _, (broken,), _ = run("show", "1/0")
    assert broken["value"].startswith("17 bytes, not JSON")
    assert broken["headers"] == ["trace"]
    assert run("show", "0/7")[0] == 1
    assert run("show", "9/0")[0] == 1


def test_what_is_sent_again_is_what_was_sent_and_says_that_it_comes_again(run, settings):
    code, said, _ = run("send-again", "2/0", "1/0")
    assert code == 0
    assert [one["outcome"] for one in said] == ["sent", "sent"]
    records = {record.value: record for record in asyncio.run(messages(settings, "scan-events"))}
    assert set(records) == {SENT[1][2], SENT[2][2]}
    binary, broken = records[SENT[2][2]], records[SENT[1][2]]
    assert (binary.key, broken.key) == (b"k2", None)
    assert dict(binary.headers) == SENT[2][3] | {"lianfang-resent": b"dead-letters/2/0"}
    assert dict(broken.headers) == {"trace": b"1", "lianfang-resent": b"dead-letters/1/0"}


def test_all_of_a_reason_are_sent_again_but_what_can_not_be(run, settings):
    code, said, stderr = run("send-again", "--reason", "not-json")
    assert code == 1
    assert [(one["position"], one["outcome"]) for one in said] == [("1/0", "sent"), ("3/0", "failed")]
    assert "1 sent, 1 failed" in stderr


def test_a_rehearsal_sends_nothing(run, settings):
    code, said, _ = run("send-again", "--topic", "registry", "--dry-run")
    assert (code, said[0]["outcome"]) == (0, "would be sent")
    assert asyncio.run(messages(settings, "registry")) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["send-again"],
        ["send-again", "0/0", "--reason", "not-json"],
        ["show", "0"],
        ["list", "--since", "soon"],
        ["list", "--reason", "bad"],
        ["list", "--page", "0/1"],
        ["list", "--page", "before:0"],
    ],
)
def test_wrong_usage_is_said(run, arguments):
    assert run(*arguments, as_json=False)[0] == 2


def test_without_broker_it_says_so(run):
    assert run("--bootstrap", "127.0.0.1:1", "list")[0] == 2


def test_values_are_masked_by_a_list_of_what_may_be_seen():
    value = {
        "operator": "A",
        "13800000000": "x",
        "nested": {"lot": "L13800000000", "李": 1},
        "goods": ["fruit", 13800000000],
    }
    assert masked_value(json.dumps(value).encode()) == {
        "operator": "A",
        MASK: MASK,
        "nested": {"lot": "L" + MASK, MASK: MASK},
        "goods": ["fruit", MASK],
    }


def test_the_result_of_a_person_is_not_for_everyone():
    sample = {"on": "staff", "staff": "S", "result": "positive"}
    assert masked_value(json.dumps(sample).encode()) == {"on": "staff", "staff": MASK, "result": MASK}
    assert masked_value(b'{"on": "goods", "result": "positive"}') == {"on": "goods", "result": "positive"}


def test_keys_and_texts_are_printable_and_short():
    assert masked_text("a\x1b[31mb\n") == "a\ufffd[31mb\ufffd"
    assert masked_text("x" * 300) == "x" * 200 + "…"
    assert masked_text("33011119000101001X") == MASK
    assert masked_key(b"\xff\xfe") == "2 bytes"
    assert masked_key(None) is None


@given(st.binary(max_size=50) | st.none())
def test_nothing_that_was_sent_breaks_the_mask(value):
    assert json.dumps(masked_value(value)) is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("张三13800000000", MASK), ("张三 13800000000", MASK), ("Zhang San", MASK), ("OP-0117", "OP-0117"),
        ("urn:example:shop/1?x=2", "urn:example:shop/1?x=2"), ("2022-01-05 10:00", "2022-01-05 10:00"), ("", ""),
    ],
)  # fmt: skip
def test_what_may_be_a_name_is_no_identifier_and_is_not_shown(text, shown):
    assert masked_key(text.encode()) == shown
    assert masked_value(json.dumps({"operator": text}).encode()) == {"operator": shown}


def test_where_the_letters_are_may_be_said_before_the_word_and_after_it(settings):
    env = {"LIANFANG_COMMIT": "plain"}
    there = ["--bootstrap", settings.bootstrap, "--prefix", settings.prefix]
    before = CliRunner().invoke(command, [*there, "list", "--json"], env=env)
    after = CliRunner().invoke(command, ["list", *there, "--json"], env=env)
    assert (before.exit_code, after.exit_code) == (0, 0)
    assert before.stdout == after.stdout != ""


def test_a_topic_from_which_nothing_can_come_is_refused():
    result = CliRunner().invoke(command, ["list", "--topic", "nope"])
    assert (result.exit_code, "scan-events" in result.stderr) == (2, True)
