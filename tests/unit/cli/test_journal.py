"""`lianfang replay --journal`: a folder of journals is worked off as it lies, and what is no journal is said with its
line. `lianfang journal` is tried where there is a broker, in `tests/faults/test_derived.py`.
"""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connectors.cli import DONE, FOUND_WRONG, UNUSABLE, main
from connectors.journal.files import Part, Unusable, entries, entry_line, head_line, parts
from streams.machine import ENTRY, Entry, Sort
from streams.replay.journal import JOURNALS
from tests.unit.replay.test_journal import lived

BYTES = [None, b"", b"plain", "鲜果园\x00\n".encode(), b"\xff\xfe half a \xe9", b"a" * 300_000]


def written(folder, house):
    """The journals of a house, as `lianfang journal` writes them."""
    for (journal, number), log in house.logs.items():
        if journal in JOURNALS:
            of = sum(name == journal for name, _ in house.logs)
            part = Part(journal, number, of, 0, log[-1].offset + 2)
            found = [Entry(journal, number, m.offset, m.timestamp, m.key, m.value, m.headers) for m in log]
            (folder / part.name).write_bytes(b"\n".join((head_line(part), *map(entry_line, found))) + b"\n")


@pytest.fixture(scope="module")
def house():
    return lived(3, operators=4, seals=0.2, deaths=0.01)


@pytest.fixture
def folder(tmp_path, house):
    made = tmp_path / "journal"
    made.mkdir()
    written(made, house)
    return made


@pytest.fixture
def replay(tmp_path, folder):
    def run(*options, journal=folder):
        words = ["replay", "--journal", str(journal), "--alerts", str(tmp_path / "alerts"), *options]
        return CliRunner().invoke(main, words)

    return run


def test_alerts_come_in_order_of_time_and_rows_as_they_are_stored(replay, tmp_path, house):
    result = replay("--rows", str(tmp_path / "rows"), "--json")
    assert (result.exit_code, result.stdout) == (DONE, "")
    alerts = [json.loads(line) for line in (tmp_path / "alerts").read_text().splitlines()]
    said = [m.value for (topic, _), log in house.logs.items() if topic in ("alerts", "alerts-private") for m in log]
    assert sorted((tmp_path / "alerts").read_bytes().splitlines()) == sorted(said)
    assert [alert["changed_at"] for alert in alerts] == sorted(alert["changed_at"] for alert in alerts)
    rows = [json.loads(line) for line in (tmp_path / "rows").read_text().splitlines()]
    assert {row["state"] for row in rows} == {"operators-state", "staff-state", "routing-state"}
    figures = json.loads(result.stderr)
    assert (figures["messages"], figures["rows"], figures["broken"]) == (len(alerts), len(rows), 0)


def test_whatever_bytes_an_entry_has_come_back(tmp_path):
    part = Part("staff-journal", 0, 1, 4, 20)
    found = [
        Entry("staff-journal", 0, 5 + n, 1_642_000_000_000 + n, BYTES[-n], value, {"lianfang-entry": value or b"x"})
        for n, value in enumerate(BYTES)
    ]
    (tmp_path / part.name).write_bytes(b"\n".join((head_line(part), *map(entry_line, found))) + b"\n")
    assert parts(tmp_path) == [part]
    assert list(entries(tmp_path, part)) == found


def test_a_file_that_is_missing_is_named(replay, folder):
    (folder / "operator-journal-1.jsonl").unlink()
    result = replay()
    assert result.exit_code == UNUSABLE
    assert "operator-journal-1.jsonl is missing" in result.stderr


def test_a_folder_without_journals_is_said_to_be_none(replay, tmp_path):
    (tmp_path / "empty").mkdir()
    result = replay(journal=tmp_path / "empty")
    assert result.exit_code == UNUSABLE
    assert "no journal is here" in result.stderr


def no_offset(line: bytes) -> bytes:
    return json.dumps({name: value for name, value in json.loads(line).items() if name != "offset"}).encode()


LINES = {
    "half a line": lambda line: line[:-20],
    "no offset": no_offset,
    "an offset that is text": lambda line: json.dumps(json.loads(line) | {"offset": "7"}).encode(),
    "an offset before the last": lambda line: json.dumps(json.loads(line) | {"offset": 0}).encode(),
    "an offset after the end": lambda line: json.dumps(json.loads(line) | {"offset": 10**9}).encode(),
    "a value that is no text": lambda line: json.dumps(json.loads(line) | {"value": 5}).encode(),
    "base64 that is none": lambda line: json.dumps(json.loads(line) | {"value64": "?"}).encode(),
    "headers that are none": lambda line: json.dumps(json.loads(line) | {"headers": [5]}).encode(),
    "another thing": lambda _: b"[]",
}


@pytest.mark.parametrize("change", LINES.values(), ids=LINES.keys())
def test_a_line_that_is_no_entry_is_named_by_file_and_number(replay, folder, tmp_path, change):
    path = folder / "operator-journal-2.jsonl"
    lines = path.read_bytes().splitlines()
    lines[6] = change(lines[6])
    path.write_bytes(b"\n".join(lines))
    result = replay()
    assert result.exit_code == UNUSABLE, result.output
    assert "operator-journal-2.jsonl:7: " in result.stderr
    assert not (tmp_path / "alerts").exists()


HEADS = {
    "nothing": b"",
    "an entry": b'{"offset":1}',
    "another journal": head_line(Part("staff-journal", 0, 2, 0, 9)),
    "another partition": head_line(Part("operator-journal", 1, 3, 0, 9)),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_a_file_that_does_not_say_what_it_is_is_named(folder, head):
    path = folder / "operator-journal-0.jsonl"
    path.write_bytes(head + b"\n")
    with pytest.raises(Unusable, match=r"operator-journal-0\.jsonl:1: it "):
        parts(folder)


def test_what_retention_has_taken_is_said(replay, folder):
    path = folder / "notice-journal-0.jsonl"
    lines = path.read_bytes().splitlines()
    head = json.loads(lines[0]) | {"beginning": json.loads(lines[9])["offset"]}
    path.write_bytes(b"\n".join((json.dumps(head).encode(), *lines[9:])))
    result = replay()
    assert result.exit_code == DONE
    assert "notice-journal-0.jsonl begins at offset" in result.stderr


def test_an_entry_that_no_machine_can_pass_ends_with_its_place(replay, folder):
    path = folder / "notice-journal-0.jsonl"
    lines = path.read_bytes().splitlines()
    offset = json.loads(lines[-1])["offset"] + 1
    lines.append(entry_line(Entry("notice-journal", 0, offset, 0, None, b"{", {ENTRY: Sort.ALERT.encode()})))
    path.write_bytes(b"\n".join(lines))
    result = replay()
    assert result.exit_code == FOUND_WRONG
    assert f"notice-journal/0/{offset}" in result.stderr


USAGE = {
    "neither file nor journal": ["--alerts", "-"],
    "ticks of its own": ["--journal", ".", "--alerts", "-", "--tick", "1m"],
    "the real engine": ["--journal", ".", "--alerts", "-", "--engine", "kafka"],
    "rows of a history": ["pyproject.toml", "--alerts", "-", "--rows", "rows"],
    "a file and a journal": ["pyproject.toml", "--journal", ".", "--alerts", "-"],
}


@pytest.mark.parametrize("words", USAGE.values(), ids=USAGE.keys())
def test_what_does_not_go_together_is_wrong_usage(words):
    assert CliRunner().invoke(main, ["replay", *words]).exit_code == UNUSABLE
