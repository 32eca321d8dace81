"""`lianfang send`: what is good is on its topic, acknowledged; what is not stays here."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from connectors.cli.send import command
from connectors.topics import cluster
from streams.settings import Commit, Settings
from tests.reading import messages

NOW = datetime.now(UTC).isoformat(timespec="seconds")


def sale(number=1, **data):
    return {
        "specversion": "1.0", "type": "goods.sold", "source": "urn:example", "id": str(number), "time": NOW,
        "data": {"operator": "A", **data},
    }  # fmt: skip


@pytest.fixture
def settings(embedded_broker, prefix):
    made = Settings(bootstrap=embedded_broker.bootstrap, prefix=prefix, commit=Commit.PLAIN, replication=1, min_isr=1)
    asyncio.run(cluster.ensure(made))
    return made


@pytest.fixture
def send(settings):
    def run(*arguments, content="", bootstrap=settings.bootstrap):
        env = {"LIANFANG_BOOTSTRAP": bootstrap, "LIANFANG_PREFIX": settings.prefix, "LIANFANG_COMMIT": "plain"}
        done = CliRunner().invoke(command, ["--json", *arguments], env=env, input=content.encode())
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


def test_what_is_good_is_published_byte_for_byte_and_the_rest_is_not(send, settings):
    good = json.dumps(sale(1))
    code, said, stderr = send("-", content=f"{good}\n{json.dumps(sale(2, lot=5))}\n{good}\n")
    assert code == 1
    assert sorted(one["outcome"] for one in said) == ["duplicate", "refused", "sent"]
    assert "1 sent" in stderr
    (record,) = asyncio.run(messages(settings, "scan-events"))
    assert (record.key, record.value) == (b"A", good.encode())
    assert record.headers == (("content-type", b"application/cloudevents+json"),)


def test_anyway_sends_what_would_be_refused_if_it_has_a_topic(send, settings):
    content = json.dumps(sale(2, lot=5)) + "\n{half\n"
    code, said, _ = send("--anyway", "-", content=content)
    assert code == 2
    assert [one["outcome"] for one in said] == ["unplaced", "sent"]
    assert "name it with --topic" in said[0]["message"]
    _, said, _ = send("--anyway", "--topic", "registry", "-", content=content)
    assert [one["topic"] for one in said] == ["scan-events", "registry"]
    assert [record.value for record in asyncio.run(messages(settings, "registry"))] == [b"{half"]


def test_epcis_events_are_published_as_records(send, settings, tmp_path):
    event = {
        "@context": "https://ref.gs1.org/standards/epcis/epcis-context.jsonld", "type": "ObjectEvent",
        "eventTime": NOW, "eventTimeZoneOffset": "+00:00", "action": "OBSERVE", "bizStep": "retail_selling",
        "epcList": ["https://id.gs1.org/01/04012345999990/21/1"],
        "bizLocation": {"id": "urn:epc:id:sgln:0614141.07346.0"},
    }  # fmt: skip
    path = tmp_path / "events.json"
    path.write_text(json.dumps(event, indent=2))
    assert send(str(path))[0] == 0
    (record,) = asyncio.run(messages(settings, "scan-events"))
    assert json.loads(record.value)["data"] == {"operator": "0614141073467", "box": "01/04012345999990/21/1"}


def test_many_are_sent_in_order(send, settings, tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(sale(number)) + "\n" for number in range(1500)))
    code, said, _ = send(str(path))
    assert code == 0
    assert [one["id"] for one in said] == [str(number) for number in range(1500)]
    records = asyncio.run(messages(settings, "scan-events"))
    assert [json.loads(record.value)["id"] for record in records] == [str(number) for number in range(1500)]


def test_without_broker_or_topics_nothing_is_read_and_it_says_so(send, settings, tmp_path):
    code, said, stderr = send("-", content=json.dumps(sale()), bootstrap="127.0.0.1:1")
    assert (code, said) == (2, [])
    assert "no broker answers at 127.0.0.1:1" in stderr
    code, _, stderr = send("--prefix", "nowhere-", "-", content=json.dumps(sale()))
    assert code == 2
    assert "`lianfang topics` makes them" in stderr


def test_a_file_that_can_not_be_used_is_unusable(send, tmp_path):
    code, _, stderr = send(str(tmp_path / "none"))
    assert code == 2
    assert "no such file" in stderr


def test_why_standard_input_can_not_be_used_is_said_once(send):
    code, said, stderr = send("-", content="x\n")
    assert (code, said) == (2, [])
    (why,) = stderr.splitlines()
    assert "standard input:1: not JSON" in why


def void(record, number=7):
    data = {"operator": "A", "source": "urn:example", "record": record}
    return sale(number) | {"type": "record.voided", "data": data}


def test_a_void_of_a_record_that_nobody_sees_waits_for_its_topic_and_holds_up_the_whole_file(send, settings, tmp_path):
    path = tmp_path / "voids.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (sale(1), void("1", 6), void("elsewhere"))))
    code, said, stderr = send(str(path))
    assert (code, [one["outcome"] for one in said], "nothing was sent" in stderr) == (2, ["unplaced"], True)
    assert "--topic" in said[0]["message"]
    assert asyncio.run(messages(settings, "scan-events")) == []
    code, said, _ = send("--topic", "test-results", str(path))
    assert (code, [one["topic"] for one in said]) == (0, ["scan-events", "scan-events", "test-results"])


def test_anyway_a_record_without_offset_goes_to_the_topic_of_its_type(send, settings, tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(sale(1) | {"time": "2022-01-05T10:00:00"}))
    code, said, _ = send("--anyway", str(path))
    assert (code, said[0]["outcome"], said[0]["topic"]) == (0, "sent", "scan-events")
    assert len(asyncio.run(messages(settings, "scan-events"))) == 1
