"""The command itself: wrong settings are said by their name, in one line, with exit 2."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from connectors.cli import UNUSABLE, main

WRONG = {
    "a word for a number": ("LIANFANG_TICK", "7m"),
    "a word that is none of the words": ("LIANFANG_COMMIT", "maybe"),
    "a number for a mapping": ("LIANFANG_PARTITIONS", "8"),
    "half a mapping": ("LIANFANG_PARTITIONS", '{"registry": '),
    "no setting at all": ("LIANFANG_PREFX", "drill-"),
    "a file that is not there": ("LIANFANG_SETTINGS", "/no/such.yaml"),
    "a store that is no URL": ("LIANFANG_REDIS", "localhost:6379"),
    "a store whose port is none": ("LIANFANG_REDIS", "redis://localhost:port"),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_named(name, value):
    result = CliRunner().invoke(main, ["alerts"], env={name: value})
    assert result.exit_code == UNUSABLE
    assert result.output.startswith(f"{name}: ")
    assert "Traceback" not in result.output


STORE = ["alerts"], ["why", "ALERT"], ["views"], ["up", "--bootstrap", "127.0.0.1:1"]
"""Commands that may be told which store."""


@pytest.mark.parametrize("words", STORE, ids=lambda words: words[0])
def test_a_store_that_is_no_url_is_named_as_it_was_written_and_its_password_is_not_repeated(words):
    given = CliRunner().invoke(main, [*words, "--redis", "http://:geheim@redis.example"])
    set_so = CliRunner().invoke(main, words, env={"LIANFANG_REDIS": "redis://:geheim@redis.example:geheim"})
    assert (given.exit_code, set_so.exit_code) == (UNUSABLE, UNUSABLE)
    assert given.output == "--redis: expected a URL that begins with redis://, rediss:// or unix://\n"
    assert set_so.output.startswith("LIANFANG_REDIS: expected a URL")
    assert "geheim" not in set_so.output


SAID = {
    "an example of a mapping": ("LIANFANG_PARTITIONS", "8", '{"registry": 3}'),
    "the name that was meant": ("LIANFANG_PREFX", "drill-", "is LIANFANG_PREFIX meant?"),
    "the file that is missing": ("LIANFANG_SETTINGS", "/no/such.yaml", "/no/such.yaml"),
}


@pytest.mark.parametrize(("name", "value", "words"), SAID.values(), ids=SAID.keys())
def test_it_is_said_what_would_be_right(name, value, words):
    assert words in CliRunner().invoke(main, ["alerts"], env={name: value}).output


def test_what_is_wrong_in_the_file_is_named_by_its_place_there(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("tick: soon\n")
    result = CliRunner().invoke(main, ["alerts"], env={"LIANFANG_SETTINGS": str(file)})
    assert (result.exit_code, result.output) == (UNUSABLE, f"{file}: tick: expected a number\n")


UNUSABLE_WORDS = {
    "a port that is none": (["sandbox", "--port", "99999"], "99999"),
    "a port of metrics that is none": (["worker", "--http-port", "-1"], "-1"),
    "a folder that is not there": (["demo", "--write-history", "/no/such/x", "--operators", "30"], "/no/such/x"),
    "rules that are not there": (["check", "--rules", "/no/rules.yaml", "-"], "/no/rules.yaml"),
}


@pytest.mark.parametrize(("words", "said"), UNUSABLE_WORDS.values(), ids=UNUSABLE_WORDS.keys())
def test_what_can_not_be_used_is_said_in_words(words, said):
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, said in result.stderr) == (UNUSABLE, True)
    assert "Traceback" not in result.stderr


def test_who_interrupts_is_told_so_and_no_script_takes_it_for_a_finding(monkeypatch):
    def interrupted(work):
        work.close()
        raise KeyboardInterrupt

    monkeypatch.setattr("connectors.cli.topics.asyncio.run", interrupted)
    result = CliRunner().invoke(main, ["topics"])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")
