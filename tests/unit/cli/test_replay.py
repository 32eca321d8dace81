"""`lianfang replay`: what it reads, what it refuses with which words, what it writes."""

from __future__ import annotations

import json
import os
import threading

import pytest
from click.testing import CliRunner

from connectors.cli import DONE, UNUSABLE, main
from tests.unit.operators.builders import line

UNCODED = line("goods.sold", {"operator": "A"}, "2022-01-10 09:00", "2022-01-10 09:00:20", id="r1")
LATER = line("goods.sold", {"operator": "B"}, "2022-01-10 09:05", "2022-01-10 09:05:10", id="r2")
REFUSED = line("goods.stolen", {"operator": "A"}, "2022-01-10 08:00", id="r0")


@pytest.fixture
def replay(tmp_path):
    """Runs the command on these lines; gives the result and the alerts it wrote."""

    def run(*lines: bytes, options=(), file=None, typed=None):
        history, out = tmp_path / "history.jsonl", tmp_path / "alerts.jsonl"
        history.write_bytes(b"".join(item + b"\n" for item in lines))
        words = ["replay", file or str(history), "--alerts", str(out), *options]
        result = CliRunner().invoke(main, words, input=typed)
        written = out.read_text().splitlines() if out.exists() else []
        return result, [json.loads(item) for item in written]

    return run


def test_it_writes_every_message_in_order_and_says_on_stderr_how_many(replay):
    result, alerts = replay(UNCODED, LATER)
    assert result.exit_code == DONE
    assert [(alert["kind"], alert["operator"]) for alert in alerts] == [("uncoded-goods", "A"), ("uncoded-goods", "B")]
    assert result.stdout == ""
    assert result.stderr.startswith("2 lines, ")
    assert result.stderr.endswith("2 messages, 0 refused\n")


def test_the_figures_may_be_had_as_json(replay):
    result, _ = replay(UNCODED, options=("--json",))
    assert json.loads(result.stderr)["lines"] == 1


def test_it_says_how_many_lines_were_refused_by_their_form_or_by_what_is_known_already(replay):
    other = line("goods.sold", {"operator": "A", "lot": "L"}, "2022-01-10 09:00", "2022-01-10 09:00:30", id="r1")
    result, _ = replay(REFUSED, UNCODED, UNCODED, other, LATER, options=("--json",))
    assert (json.loads(result.stderr)["lines"], json.loads(result.stderr)["refused"]) == (5, 2)


def without(name: bytes, value: bytes = UNCODED) -> bytes:
    event = json.loads(value)
    del event[name.decode()]
    return json.dumps(event).encode()


def with_recorded(recorded: object) -> bytes:
    return json.dumps(json.loads(UNCODED) | {"recordedtime": recorded}).encode()


UNUSABLE_LINES = {
    "recordedtime decreases": ((LATER, UNCODED), ":2: recordedtime is earlier than that of the line before"),
    "recordedtime is missing": ((UNCODED, without(b"recordedtime")), ":2:"),
    "recordedtime is null": ((with_recorded(None),), ":1:"),
    "recordedtime is no text": ((with_recorded(7),), ":1:"),
    "recordedtime has no offset": ((with_recorded("2022-01-10T09:00:00"),), ":1:"),
    "recordedtime is a date of no calendar": ((with_recorded("2022-02-30T09:00:00Z"),), ":1:"),
    "a line is no JSON, so nobody knows when it was recorded": ((UNCODED, b"{half"), ":2:"),
    "a line is JSON, but no object": ((b"[]",), ":1:"),
}


@pytest.mark.parametrize(("lines", "words"), UNUSABLE_LINES.values(), ids=UNUSABLE_LINES.keys())
def test_a_history_is_unusable_when(lines, words, replay):
    result, _ = replay(*lines)
    assert result.exit_code == UNUSABLE
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_a_broker_that_is_not_there_is_said_in_one_sentence(replay):
    result, _ = replay(UNCODED, options=("--engine", "kafka", "--bootstrap", "127.0.0.1:1"))
    assert (result.exit_code, result.stdout) == (UNUSABLE, "")
    assert "no broker answers at 127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.stderr


def test_lines_recorded_at_one_instant_are_in_order(replay):
    result, _ = replay(UNCODED, UNCODED)
    assert result.exit_code == DONE


@pytest.mark.parametrize("tick", ["7m", "0", "25h", "1.5h", "", "-1m", "eins"])
def test_a_tick_that_does_not_divide_the_day_is_wrong_usage(tick, replay):
    result, _ = replay(UNCODED, options=("--tick", tick))
    assert result.exit_code == UNUSABLE
    assert "divides the day" in result.stderr


@pytest.mark.parametrize("tick", ["1s", "30", "1m", "90m", "24h", "1d"])
def test_a_tick_that_divides_the_day(tick, replay):
    result, alerts = replay(UNCODED, options=("--tick", tick))
    assert (result.exit_code, alerts[0]["kind"]) == (DONE, "uncoded-goods")


def test_an_empty_history_has_no_alerts(replay):
    result, alerts = replay()
    assert (result.exit_code, alerts) == (DONE, [])


def test_empty_lines_are_nothing(replay):
    result, alerts = replay(b"", UNCODED, b"  ", LATER)
    assert (result.exit_code, len(alerts)) == (DONE, 2)


def test_a_history_may_come_through_a_pipe_and_the_alerts_go_to_stdout(replay, tmp_path):
    result = CliRunner().invoke(main, ["replay", "-", "--alerts", "-"], input=UNCODED + b"\n")
    assert result.exit_code == DONE
    assert json.loads(result.stdout)["kind"] == "uncoded-goods"


def test_alerts_may_go_into_a_pipe_or_a_device_which_stays_what_it_is(replay, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.extend(pipe.read_bytes().splitlines()), daemon=True)
    reader.start()
    result, _ = replay(UNCODED, LATER, options=["--alerts", str(pipe)])
    assert pipe.is_fifo()
    reader.join(10)
    assert (result.exit_code, len(read)) == (DONE, 2)


def test_alerts_may_go_to_where_a_link_points_which_stays_one(replay, tmp_path):
    place, link = tmp_path / "place.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(place)
    for _ in range(2):  # not there yet, and there already
        replay(UNCODED, LATER, options=["--alerts", str(link)])
        assert link.is_symlink()
        assert len(place.read_text().splitlines()) == 2
        assert not list(tmp_path.glob("*.partial"))


def test_a_link_that_goes_round_is_told_in_words(replay, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    result, _ = replay(UNCODED, options=["--alerts", str(loop)])
    assert (result.exit_code, "symbolic links" in result.stderr) == (UNUSABLE, True)


def test_nothing_that_is_read_is_written_and_no_file_twice(tmp_path):
    journal, link = tmp_path / "journal", tmp_path / "link"
    journal.mkdir()
    link.symlink_to(journal)
    for places, words in (
        (["--alerts", str(link / "operator-journal-0.jsonl")], "in the folder of the journal"),
        (["--alerts", "-", "--rows", str(journal / "rows")], "in the folder of the journal"),
        (["--alerts", str(tmp_path / "one"), "--rows", str(tmp_path / "one")], "name one file"),
    ):
        result = CliRunner().invoke(main, ["replay", "--journal", str(journal), *places])
        assert (result.exit_code, words in result.stderr) == (UNUSABLE, True)
        assert list(journal.iterdir()) == []


def test_a_file_that_is_not_there_is_wrong_usage(replay, tmp_path):
    result, _ = replay(file=str(tmp_path / "nowhere"))
    assert result.exit_code == UNUSABLE


def test_rules_that_cannot_be_read_are_named_with_their_line(replay, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("goods: [")
    result, _ = replay(UNCODED, options=("--rules", str(rules)))
    assert result.exit_code == UNUSABLE
    assert "rules.yaml:" in result.stderr


SOLD = line("goods.sold", {"operator": "A", "lot": "L1"}, "2022-01-10 09:00", "2022-01-10 09:00:20", id="r1")
PATROL = line("patrol.recorded", {"operator": "A", "by": "P"}, "2022-01-12 09:00", id="r2")
UNTIL = {
    "up to the tick at which it is due": ("2022-01-10T01:11:00Z", ["sold-early", "unknown-operator"]),
    "not up to that tick": ("2022-01-10T01:10:59Z", []),
    "up to the last line and one tick, if nothing is said": (None, ["not-on-chain", "sold-early", "unknown-operator"]),
}


@pytest.mark.parametrize(("until", "kinds"), UNTIL.values(), ids=UNTIL.keys())
def test_it_ticks(until, kinds, replay):
    options = ("--until", until) if until else ()
    _, alerts = replay(SOLD, PATROL, options=options)
    assert sorted(alert["kind"] for alert in alerts) == kinds


def test_lines_after_until_are_not_read(replay):
    _, alerts = replay(UNCODED, LATER, options=("--until", "2022-01-10T01:05:10Z"))
    assert len(alerts) == 2, "a line recorded at that instant is"
    _, alerts = replay(UNCODED, LATER, options=("--until", "2022-01-10T01:05:09.999Z"))
    assert len(alerts) == 1


def test_ticks_go_on_after_the_last_line_up_to_until(replay):
    _, alerts = replay(UNCODED, options=("--until", "2022-01-18T00:00:00+08:00"))
    assert [(alert["kind"], alert["status"], alert["resolved_by"], alert["changed_at"]) for alert in alerts][1:] == [
        ("unknown-operator", "firing", None, "2022-01-10T01:11:00.000Z"),
        ("uncoded-goods", "resolved", "expired", "2022-01-17T16:00:00.000Z"),
    ]


def test_an_until_that_is_no_time_is_wrong_usage(replay):
    result, _ = replay(UNCODED, options=("--until", "tomorrow"))
    assert result.exit_code == UNUSABLE


def test_a_refused_first_line_begins_the_clock_all_the_same(replay):
    """*Now*, before any tick, is the recorded of the first line, refused or not."""
    result, alerts = replay(REFUSED, UNCODED)
    assert result.exit_code == DONE
    assert [alert["kind"] for alert in alerts] == ["uncoded-goods"]
    before_the_rules = line("goods.stolen", {}, "2020-10-31 23:59:50", id="r0")
    exposed = {"sample": "W1-1", "on": "staff", "staff": "W1", "result": "positive", "hazard": "sars-cov-2"}
    positive = line("sample.tested", exposed, "2020-11-01 00:00:10", id="r1")
    _, alerts = replay(before_the_rules, positive, options=("--tick", "24h", "--until", "2020-11-01T00:00:00Z"))
    first = alerts[0]["changed_at"] if alerts else None
    assert first == "2020-11-01T00:00:00.000Z", "by the date of the first line the kind is still off until a tick"
