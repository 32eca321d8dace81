"""Logs: one line a decision, JSON for machines, with ids, without anybody's name, phone or key."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from streams import logs


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], level, config = before
    root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    logs.configure(form="json", process="worker", stream=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_decision_is_one_line_of_json_with_its_ids_and_its_process(out):
    logs.get("streams.operators").info("alert", alert="abc", kind="positive", operator="op-1")
    (line,) = lines(out)
    assert line["event"] == "alert"
    assert (line["alert"], line["kind"], line["operator"]) == ("abc", "positive", "op-1")
    assert (line["process"], line["level"], line["logger"]) == ("worker", "info", "streams.operators")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("key", ["name", "phone", "address", "Mobile", "text", "content", "data", "password", "key"])
def test_what_may_be_a_persons_or_opens_a_door_is_never_written(out, key):
    logs.get("x").info("notice", **{key: "某某某"})
    assert "某某某" not in out.getvalue()
    assert lines(out)[0][key] == "***"


def test_it_is_not_written_inside_other_values_either(out):
    logs.get("x").info("notice", request={"to": [{"phone": "13800001111", "person": "p-1"}]})
    assert "13800001111" not in out.getvalue()
    assert lines(out)[0]["request"]["to"][0]["person"] == "p-1"


def test_mobile_and_identity_card_numbers_are_taken_out_of_any_text(out):
    logs.get("x").warning("provider", error="13800001111 is not a subscriber, 11010519491231002X is a person")
    assert lines(out)[0]["error"] == "*** is not a subscriber, *** is a person"


def test_an_instant_in_milliseconds_is_not_taken_for_a_mobile_number(out):
    logs.get("x").info("tick", at=1642694400000, words="tick 1642694400000")
    assert lines(out)[0]["words"] == "tick 1642694400000"


def test_the_key_of_a_robot_is_taken_out_of_an_address(out):
    logs.get("x").warning("provider", error="POST /cgi-bin/webhook/send?key=693a91f6-7xxx failed")
    assert "693a91f6" not in out.getvalue()


def test_libraries_log_through_the_same_handler_from_warnings_on(out):
    logging.getLogger("aiokafka.conn").info("chatter")
    logging.getLogger("faust").warning("lost %s, call %s", "a broker", "13800001111")
    (line,) = lines(out)
    assert line["event"] == "lost a broker, call ***"
    assert line["logger"] == "faust"


def test_a_traceback_is_part_of_its_line_and_masked_too(out):
    try:
        int("person 13800001111")
    except ValueError:
        logs.get("x").exception("broken", partition=3)
    (line,) = lines(out)
    assert "ValueError: invalid literal for int() with base 10: 'person ***'" in line["exception"]


def test_what_is_below_the_level_is_not_written():
    stream = io.StringIO()
    logs.configure(form="json", level="warning", stream=stream)
    logs.get("x").info("quiet")
    logs.get("x").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_a_terminal_gets_words_and_a_pipe_gets_json():
    stream = io.StringIO()
    logs.configure(form="auto", stream=stream)
    logs.get("x").info("piped")
    assert lines(stream)[0]["event"] == "piped"
    stream = io.StringIO()
    logs.configure(form="console", stream=stream)
    logs.get("x").info("alert", kind="positive")
    assert "alert" in stream.getvalue()
    assert "kind=positive" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_lines_of_other_threads_name_the_process_too(out):
    for log in (logs.get("x").warning, logging.getLogger("aiokafka").warning):
        thread = threading.Thread(target=log, args=("from afar",))
        thread.start()
        thread.join()
    assert [line["process"] for line in lines(out)] == ["worker", "worker"]


def test_configuring_twice_does_not_write_twice():
    stream = io.StringIO()
    logs.configure(form="json", stream=stream)
    logs.configure(form="json", stream=stream)
    logs.get("x").info("once")
    assert len(lines(stream)) == 1
