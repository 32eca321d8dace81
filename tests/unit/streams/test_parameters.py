"""The rules file: values by date, what they mean, and what is said of a file that can't be used."""

from __future__ import annotations

from importlib.resources import files

import pytest

from schemas.alerts import Kind
from schemas.times import DAY, HOUR, MINUTE, SECOND
from streams.parameters import NAMES, BadRules, Rules

TEXT = files("streams").joinpath("rules.yaml").read_text("utf-8")
RULES = Rules.load()


@pytest.fixture
def loaded(tmp_path):
    """The rules file with one piece replaced, as another file."""

    def load(old: str, new: str) -> Rules:
        assert old in TEXT
        path = tmp_path / "other.yaml"
        path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
        return Rules.load(path)

    return load


VALUES = {
    "papers_within": 30 * SECOND, "upload_within": 24 * HOUR, "settle": 10 * MINUTE, "skew": 2 * MINUTE,
    "cutoff": 20 * HOUR, "silent_after": 3, "activate_within": 24 * HOUR, "known_within": 10 * MINUTE,
    "disinfection_by": 9 * HOUR, "test_every": 7 * DAY, "first_test_within": 24 * HOUR, "infectious": 14 * DAY,
    "day_kept": 7 * DAY, "incident_kept": 30 * DAY, "condition_kept": 90 * DAY,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_defaults_are_those_of_the_contract(name):
    assert RULES.value(name, "2020-10-31") is None
    assert RULES.value(name, "2020-11-01") == RULES.value(name, "2023-01-07") == VALUES[name]
    since = None if name in ("disinfection_by", "test_every") else VALUES[name]
    assert RULES.value(name, "2023-01-08") == RULES.value(name, "2099-01-01") == since
    assert RULES.basis(name, "2022-01-01") != ""


@pytest.mark.parametrize("goods", sorted(RULES.goods_classes))
def test_what_is_required_of_goods(goods):
    always = {"quarantine", "trace-code"}
    frozen = {"disinfection"} if goods.startswith("frozen") else set()
    assert RULES.required(goods, "2020-10-31") == frozenset()
    assert RULES.required(goods, "2020-11-01") == always | {"test"} | frozen
    assert RULES.required(goods, "2023-01-08") == always
    assert RULES.required_basis(goods, "2023-01-08") != RULES.required_basis(goods, "2023-01-07") != ""


def test_of_goods_that_no_class_names_nothing_is_required():
    assert RULES.required("stones", "2022-01-01") == frozenset()
    assert RULES.required_basis("stones", "2022-01-01") == ""


WRONG = {
    "a value that is no value": ("value: 30s", "value: soon", "expected a duration"),
    "a time that is none": ('value: "20:00"', 'value: "24:00"', "expected a time of day"),
    "a count of nothing": ("value: 3,", "value: 0,", "expected a count"),
    "a paper that nobody knows": ("required: [quarantine, test, trace-code]", "required: [visa]", "quarantine"),
    "a date that is none": ("from: 2020-11-01, value: 30s", "from: 2020-11-31, value: 30s", "day"),
    "dates that do not increase": (
        "{from: 2023-01-08, value: none", "{from: 2020-11-01, value: none", "must increase",
    ),
    "a parameter that is missing": ("\n  skew:\n    -", "\n  #", "parameters.skew: is missing"),
    "a parameter that is misspelt": ("  skew:", "  skeew:", "parameters.skeew: is unknown; is skew meant?"),
    "parameters that are none": (TEXT[TEXT.index("\nparameters:") :], "\nparameters: 7\n", "expected a mapping"),
    "a count where a duration belongs": ("value: 30s", "value: 30", "expected a duration"),
    "a duration where a count belongs": ("value: 3,", "value: 7d,", "expected a count"),
    "a basis of a kind that goes by a parameter's": ("  uncoded-goods:", "  silent:", "kinds.silent"),
    "a basis without its words": ("basis: 区专班工作要求（未引上级文件）：经营", "bases: ", "kinds.unknown-operator"),
    "a parameter that nobody knows": ("parameters:", "parameters:\n  slack: []", "parameters.slack"),
    "a value without basis": ("value: 2m, basis: 系统参数：各方时钟允许的偏差", "value: 2m", "basis: is missing"),
    "a word that is not known": ("may_void: []", "may_void: []\nmay_fly: []", "may_fly"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_file_is_refused_with_its_line_for(old, new, words, loaded):
    with pytest.raises(BadRules, match=r"other\.yaml:\d+: ") as refused:
        loaded(old, new)
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["", "127.0.0.1 localhost\n", "- goods\n"])
def test_what_is_no_mapping_is_told_what_a_rules_file_is(text, tmp_path):
    (tmp_path / "rules").write_text(text)
    with pytest.raises(BadRules, match=r"rules:1: a rules file is a mapping of goods, kinds, parameters"):
        Rules.load(tmp_path / "rules")


def test_the_line_is_the_one_where_it_is_wrong(loaded):
    number = TEXT[: TEXT.index("value: 30s")].count("\n") + 1
    with pytest.raises(BadRules, match=rf"other\.yaml:{number}: parameters\.papers_within\.0\.value"):
        loaded("value: 30s", "value: soon")


def test_a_time_of_day_means_the_same_without_quotes(loaded):
    """YAML 1.1 would read 20:00 as the number 1200."""
    assert loaded('value: "20:00"', "value: 20:00").digest == RULES.digest


def test_no_yaml_at_all_is_refused_with_its_line(loaded):
    with pytest.raises(BadRules, match=r"other\.yaml:\d+: "):
        loaded("goods:", "goods: [")


def test_rules_that_mean_the_same_have_one_digest_and_others_another(loaded):
    assert loaded("# feeds", "# other words about feeds").digest == RULES.digest
    assert loaded("value: 24h", "value: 1d").digest == RULES.digest
    assert loaded("value: 24h", "value: 25h").digest != RULES.digest
    assert loaded("may_void: []", "may_void: [/registry]").digest != RULES.digest


def test_a_file_that_has_no_basis_for_a_kind_keeps_that_of_the_program(loaded):
    there = loaded(TEXT[TEXT.index("\nkinds:") : TEXT.index("\nparameters:")], "")
    assert there.ground(Kind.SOLD_EARLY, "2022-01-01") == RULES.ground(Kind.SOLD_EARLY, "2022-01-01") != ""


def test_a_district_cites_its_own_notice(loaded):
    there = loaded("  sold-early:\n", "  sold-early:\n    - {from: 2016-01-01, basis: 某通知第三条}\n")
    assert there.ground(Kind.SOLD_EARLY, "2020-10-31") == "某通知第三条"
