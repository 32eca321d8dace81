"""The whole system as operations see it: every process says that it is alive and ready, and its figures add up."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from connectors.embedded import Supervisor
from connectors.runtime import Running, Wish, embedded, running
from tests.nursery import COMMAND

OFFICER = {
    "person": "p-officer",
    "name": "李四",
    "role": "officer",
    "offices": ["o-1"],
    "channels": [{"kind": "sms", "address": "13800001111"}],
}
OPERATOR = {
    "operator": "op-1",
    "name": "张三水果店",
    "county": "330111",
    "town": "t-1",
    "grid": "g-1",
    "office": "o-1",
    "activated": True,
    "trades": True,
    "status": "active",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("up")
    with Supervisor() as supervisor:
        place = embedded(supervisor, folder, {"LIANFANG_LOG_FORMAT": "json", "LIANFANG_TICK": "2"})
        with running(place, supervisor, folder, Wish()) as run:
            yield run


@pytest.fixture(scope="module")
def told(run, nursery, tmp_path_factory) -> Running:
    """The system after an uncoded sale was recorded and its officer was told, and a record was refused."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    records = [
        ("operator.registered", "r1", OPERATOR),
        ("person.assigned", "r2", OFFICER),
        ("goods.sold", "r3", {"operator": "op-1"}),
        ("goods.sold", "r4", {"operator": "op-1", "lot": 7}),
    ]
    file = tmp_path_factory.mktemp("records") / "records.jsonl"
    lines = [
        {"specversion": "1.0", "source": "/test", "id": name, "type": kind, "time": now, "data": data}
        for kind, name, data in records
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines[:2]))

    def said(*words: str) -> str:
        done = nursery.run([*COMMAND, *words], {**os.environ, **run.place.env})
        done.check_returncode()
        return str(done.stdout)

    said("send", str(file))
    until(lambda: figure(run, "lianfang_ledger_total", topic="notice-journal", verdict="applied") == 1)
    asyncio.run(publish(run, lines[2:]))  # `lianfang send` would not publish the last one
    until(lambda: figure(run, "lianfang_notices_total", channel="sms", outcome="accepted") >= 1)
    until(lambda: "op-1" in said("alerts", "--json"))
    return run


async def publish(run: Running, lines: list[dict]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=run.place.settings.bootstrap)
    await producer.start()
    for line in lines:
        await producer.send_and_wait("scan-events", json.dumps(line).encode())
    await producer.stop()


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)


def get(run: Running, name: str, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{run.ports[name]}{path}", timeout=30) as answer:
        return answer.read().decode()


def figure(run: Running, name: str, **labels: str) -> float:
    """The sum over all processes and all other labels."""
    return sum(
        sample.value
        for process in run.ports
        for family in text_string_to_metric_families(get(run, process, "/metrics"))
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_every_process_is_alive_and_ready_and_says_why(run):
    assert set(run.ports) == {"worker-1", "worker-2", "views", "bridge-wecom", "bridge-sms", "clock"}
    for name in run.ports:
        assert get(run, name, "/healthz") == "moving\n"
        assert len(get(run, name, "/readyz")) > 5


def test_every_process_serves_the_same_names(run):
    names = {
        name: frozenset(re.findall(r"^# TYPE (lianfang_\w+)", get(run, name, "/metrics"), re.MULTILINE))
        for name in run.ports
    }
    assert len(set(names.values())) == 1
    assert "lianfang_alerts_total" in names["clock"]


def test_the_ledger_of_every_topic_adds_up(told):
    for topic in ("registry", "scan-events", "operator-journal", "notice-journal"):
        came = figure(told, "lianfang_ledger_total", topic=topic, verdict="in")
        became = sum(
            figure(told, "lianfang_ledger_total", topic=topic, verdict=verdict)
            for verdict in ("applied", "refused", "duplicate", "left")
        )
        assert came == became > 0, topic


def test_what_was_decided_is_counted_once_over_all_processes(told):
    assert figure(told, "lianfang_alerts_total", kind="uncoded-goods", change="begun") == 1
    assert figure(told, "lianfang_dead_letters_total", reason="invalid-data") == 1
    assert figure(told, "lianfang_records_total", topic="scan-events", type="goods.sold", verdict="refused") == 1
    assert figure(told, "lianfang_notices_total", channel="sms", outcome="queued") == 1
    changes = figure(told, "lianfang_alerts_total", kind="uncoded-goods")
    assert figure(told, "lianfang_alert_delay_seconds_count", kind="uncoded-goods") == changes
    assert figure(told, "lianfang_notice_delay_seconds_count", channel="sms") == 1


def test_the_clock_ticks_and_says_how_far_it_is_behind(told):
    until(lambda: figure(told, "lianfang_clock_held", by="none") == 6)  # one says so, five have nothing to say else
    assert figure(told, "lianfang_clock_behind_seconds") < 30


def test_nothing_lags_and_state_has_a_size_once_all_is_quiet(told):
    until(lambda: figure(told, "lianfang_lag_records") == 0)
    until(lambda: figure(told, "lianfang_rows", flow="operators") > 0)
    until(lambda: figure(told, "lianfang_row_bytes", flow="operators") > 0)


def test_each_decision_is_a_line_of_json_and_no_line_names_anybody(told):
    lines = []
    for name in told.ports:
        for line in (told.folder / f"{name}.log").read_text().splitlines():
            lines.append(json.loads(line))
            for personal in ("张三", "李四", "13800001111"):
                assert personal not in line
    events = [(line["process"], line["event"]) for line in lines]
    assert ("worker", "alert") in events
    assert ("worker", "notice") in events
    assert ("worker", "record refused") in events
