"""`lianfang check`: the verdicts of `send` on records and configuration files, and nothing sent."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.cli.check import command

ROOT = Path(__file__).parents[3]
EPCIS = ROOT.parent / "shared" / "data" / "epcis"
AT = ("--recorded", "2022-01-12T09:35:00+08:00")


def sale(number=1, **data):
    return {
        "specversion": "1.0",
        "type": "goods.sold",
        "source": "urn:example",
        "id": str(number),
        "time": "2022-01-12T09:30:00+08:00",
        "data": {"operator": "A", **data},
    }


def void(record, **subject):
    data = {"source": "urn:example", "record": str(record), **(subject or {"operator": "A"})}
    return sale(f"v{record}") | {"type": "record.voided", "data": data}


@pytest.fixture
def check(tmp_path):
    def run(*arguments, content=None, name="records.jsonl", at=AT, **options):
        if content is not None:
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            arguments = (*arguments, str(path))
        result = CliRunner().invoke(command, [*at, "--json", *arguments], **options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        said = [json.loads(line) for line in result.stdout.splitlines()]
        return result.exit_code, said, result.stderr

    return run


def lines(*events):
    return "".join(json.dumps(event) + "\n" for event in events)


def test_every_good_example_is_good_and_goes_to_the_topic_of_its_type(check):
    files = sorted(map(str, (ROOT / "schemas" / "examples" / "good").glob("*.jsonl")))
    code, said, summary = check("--topic", "scan-events", *files)  # a void among them is of a record elsewhere
    assert code == 0
    assert {one["outcome"] for one in said} == {"good"}
    assert "36 good" in summary


def test_each_line_has_a_verdict_that_says_where_and_why(check):
    code, said, _ = check(content=lines(sale(1), sale(2, lot=5)) + '{"half\n\n' + lines(sale(3)))
    assert code == 1
    assert [(one["where"].rsplit(":")[-1], one["outcome"], one.get("reason")) for one in said] == [
        ("1", "good", None),
        ("2", "refused", "invalid-data"),
        ("3", "refused", "not-json"),
        ("5", "good", None),
    ]
    assert said[1]["message"].startswith("lot:")


def test_the_files_know_their_own_duplicates_and_reused_identities(check):
    _, said, _ = check(content=lines(sale(1), sale(1), sale(1, lot="other"), sale(1) | {"source": "urn:other"}))
    assert [one["outcome"] for one in said] == ["good", "duplicate", "refused", "good"]
    assert said[2]["reason"] == "identity-reused"


def test_the_identity_of_a_refused_record_is_free(check):
    assert [one["outcome"] for one in check(content=lines(sale(1, lot=5), sale(1)))[1]] == ["refused", "good"]


def test_a_void_goes_to_the_topic_of_what_it_voids_or_where_the_user_says(check):
    content = lines(sale(1), void(1), void(9), void(9, person="P"), void(9, staff="S"))
    code, said, _ = check(content=content)
    assert code == 2
    assert [(one["outcome"], one.get("topic")) for one in said] == [
        ("good", "scan-events"), ("good", "scan-events"), ("unplaced", None), ("good", "registry"), ("unplaced", None),
    ]  # fmt: skip
    assert "--topic" in said[2]["message"]
    assert check("--topic", "field-reports", content=lines(void(9)))[1][0]["topic"] == "field-reports"


def test_time_is_judged_by_this_hosts_clock_unless_said_otherwise(check):
    assert check(content=lines(sale()), at=())[1][0]["reason"] == "too-old"
    line = sale() | {"recordedtime": "2022-01-12T09:31:00+08:00"}
    assert check(content=lines(line), at=("--recorded", "line"))[0] == 0
    assert check(content=lines(sale()), at=("--recorded", "line"))[0] == 1
    assert check(content=lines(sale()), at=("--recorded", "yesterday"))[0] == 2


@pytest.mark.parametrize(
    "form", [json.dumps([sale(1), sale(2)], indent=1), lines(sale(1), sale(2)), "\n\n" + lines(sale(1), sale(2))]
)
def test_a_list_or_lines_are_read_alike(check, form):
    code, said, _ = check(content=form)
    assert code == 0
    assert [one["id"] for one in said] == ["1", "2"]


def test_one_event_over_several_lines_is_read(check):
    assert check(content=json.dumps(sale(1), indent=2))[0] == 0


def test_standard_input_is_read(check):
    code, said, _ = check("-", input=lines(sale(1)))
    assert (code, said[0]["where"]) == (0, "standard input:1")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"\x7fELF\x00\x01", "not text"),
        (b"\xff\xd8\xff\xe0", "not text"),
        (b"[\n1,\n2\n", "not JSON"),
        (b'"text"', "neither an event"),
        (b"<xml/>\n<more/>\n", "1: not JSON"),
    ],
)
def test_what_is_no_file_of_records_is_unusable_and_says_so(check, content, words):
    code, said, stderr = check(content=content)
    assert (code, said) == (2, [])
    (why,) = stderr.splitlines()
    assert words in why


def test_a_missing_file_and_a_directory_are_unusable_and_the_others_are_still_read(check, tmp_path):
    code, said, stderr = check(str(tmp_path), str(tmp_path / "none"), content=lines(sale(1)))
    assert code == 2
    assert [one["outcome"] for one in said] == ["good"]
    assert "is a directory" in stderr
    assert "no such file" in stderr


def test_the_valid_epcis_documents_are_accepted_whatever_their_age(check):
    files = sorted(map(str, [*EPCIS.glob("valid/*.json"), *EPCIS.glob("events/*.json")]))
    code, said, _ = check(*files, at=())
    assert code == 0
    assert {one["where"].split(" event ")[0] for one in said} == set(files)
    assert {one["outcome"] for one in said} == {"unused"}


def test_an_epcis_event_of_its_day_becomes_records(check):
    code, said, _ = check(str(EPCIS / "events" / "ObjectEvent.json"), at=("--recorded", "2005-04-05T03:00:00Z"))
    assert code == 0
    assert [(one["outcome"], one["type"], one["topic"]) for one in said] == [("good", "goods.received", "scan-events")]


def test_the_line_of_an_epcis_event_says_which_event_and_which_goods_it_is_about():
    path = str(EPCIS / "events" / "ObjectEvent.json")
    of_its_day = CliRunner().invoke(command, ["--recorded", "2005-04-05T03:00:00Z", path]).stdout
    assert "[lot 01/" in of_its_day or "[box 01/" in of_its_day
    old = CliRunner().invoke(command, [path]).stdout
    assert old.count("[box 01/") + old.count("[lot 01/") == len(old.splitlines())


@pytest.mark.parametrize("path", sorted(EPCIS.glob("invalid/*.json")), ids=lambda path: path.stem)
def test_an_invalid_epcis_document_is_refused_with_its_fields(check, path):
    code, said, _ = check(str(path))
    assert code == 1
    assert {one["outcome"] for one in said} == {"refused"}
    assert all(": " in one["message"] for one in said)


def test_a_partners_file_gives_goods_their_class(check, tmp_path):
    partner = tmp_path / "partner.yaml"
    partner.write_text("goods: {'04023333': fruit}\noperators: {'0614141073467': OP-0117}\n")
    document = str(EPCIS / "valid" / "ObjectEvent_with_userExtensions.json")
    _, said, _ = check("--partner", str(partner), document, at=("--recorded", "2005-04-04T03:00:00Z"))
    assert [one["type"] for one in said] == ["goods.dispatched", "goods.dispatched", "lot.uploaded"]
    assert check("--partner", str(tmp_path / "none.yaml"), document)[0] == 2


def test_the_files_that_come_with_the_program_are_good(check):
    code, said, _ = check(str(ROOT / "streams" / "rules.yaml"), str(ROOT / "schemas" / "topics.yaml"))
    assert code == 0
    assert [one["type"] for one in said] == ["rules", "topics"]


@pytest.mark.parametrize(
    ("original", "change", "line_of", "said"),
    [
        ("streams/rules.yaml", ("value: 30s", "value: soon"), "value: soon", "duration"),
        ("schemas/topics.yaml", ("cleanup: compact", "cleanup: burn"), "cleanup: burn", "'delete' or 'compact'"),
    ],
)
def test_a_fault_in_rules_or_topics_is_told_by_file_and_line(check, original, change, line_of, said):
    text = (ROOT / original).read_text(encoding="utf-8").replace(*change, 1)
    number = next(number for number, line in enumerate(text.splitlines(), 1) if line_of in line)
    code, verdicts, _ = check(content=text, name="changed.yaml")
    assert code == 1
    assert any(one["where"].endswith(f"changed.yaml:{number}") and said in one["message"] for one in verdicts)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("tick: soon\n", 1, "number"),
        ("bootstrap: x:1\nnonsense: 1\n", 2, "is no setting"),
        ("a: [\n", 2, ""),
        ("- a\n", 1, "mapping"),
        ("operators: {4012345000115: A}\nhazards: {}\n", "partner.yaml", "operators"),
    ],
)
def test_settings_and_partners_files_are_checked_too(check, text, where, said):
    name = "partner.yaml" if "operators" in text else "settings.yaml"
    code, verdicts, _ = check(content=text, name=name)
    assert code == 1
    assert str(where) in verdicts[0]["where"]
    assert said in verdicts[0]["message"]


def test_good_settings_are_good(check):
    assert check(content="bootstrap: kafka:9092\ntick: 30\n", name="settings.yaml")[1][0]["type"] == "settings"


def test_without_json_it_speaks_to_people(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(lines(sale(1), sale(2, lot=5)))
    result = CliRunner().invoke(command, [*AT, str(path)])
    assert result.stdout.splitlines()[0] == f"good       {path}:1  goods.sold 1  → scan-events"
    assert "invalid-data  lot: " in result.stdout.splitlines()[1]
