"""`lianfang alerts` without a store to ask: clear words and exit 2; and what the table says."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from click.testing import CliRunner

from connectors.cli import UNUSABLE, main
from connectors.cli.alerts import age, change, matches, table
from connectors.terminal import terminal
from connectors.views.keys import By
from schemas.alerts import Alert
from schemas.times import DAY, HOUR, MINUTE, parse_instant
from tests.alerts import alert

ALERT = alert(id="abc", text="批次 [lot-1] 缺少检验检疫证明")


def shown(*alerts: Alert, now: str = "2022-01-20T06:30:00Z", width: int = 140) -> str:
    return printed(table(list(alerts), now=parse_instant(now)), width)


def printed(what, width: int = 140) -> str:
    out = io.StringIO()
    terminal(file=out, width=width).print(what)
    return out.getvalue()


def test_the_table_says_how_urgent_since_when_where_and_the_sentence_itself():
    text = shown(ALERT)
    for word in (
        "warning",
        "5h",
        "papers-missing",
        "op-1",
        "330111001 / 330111001-03",
        "批次 [lot-1] 缺少检验检疫证明",
    ):
        assert word in text


ODD = "urn:x:[/b]:ok:"


def test_identifiers_are_shown_as_they_are_with_the_id_that_why_wants():
    odd = replace(ALERT, id="u2c:id:7", operator=ODD, text=f"{ODD} :smile:")
    for text in (shown(odd), printed(change(odd))):
        assert text.count(ODD) == 2
        assert "u2c:id:7" in text
        assert ":smile:" in text


def test_the_id_is_whole_where_the_terminal_is_narrow():
    whole = replace(ALERT, id="olyx2j652qdxxwk3bhfxicgtfw", operator="O" * 40)
    assert whole.id in shown(whole, width=80)


def test_a_name_with_line_breaks_stays_in_its_line_and_commands_no_terminal():
    odd = replace(ALERT, text="鲜果\n园：缺证明\x1b[31m\u202e")
    assert "\x1b" not in shown(odd) + printed(change(odd))
    assert "鲜果 园：缺证明" in shown(odd)
    assert "鲜果 园：缺证明" in printed(change(odd))


def test_a_drill_says_so():
    assert "演练" in shown(replace(ALERT, drill=True))


def test_nothing_stands_is_said_in_words():
    assert "nothing stands" in shown()


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(0, "now"), (59_999, "now"), (MINUTE, "1m"), (HOUR, "1h"), (40 * DAY, "40d"), (-5, "now")],
)
def test_an_age_is_said_in_the_unit_a_person_would_use(milliseconds, words):
    assert age(milliseconds) == words


def test_a_change_that_was_not_asked_for_is_not_shown():
    assert matches(ALERT, {})
    assert matches(ALERT, {By.OFFICE: "o-1", By.KIND: "papers-missing"})
    assert not matches(ALERT, {By.OFFICE: "o-2"})


def test_without_a_store_it_says_where_it_looked_and_what_to_check(supervisor):
    url = f"redis://:open-sesame@127.0.0.1:{supervisor.port()}/0"
    result = CliRunner().invoke(main, ["alerts", "--redis", url])
    assert result.exit_code == UNUSABLE
    assert "does not answer" in result.stderr
    assert "LIANFANG_REDIS" in result.stderr
    assert "open-sesame" not in result.output


def test_a_private_kind_must_be_asked_for_in_so_many_words():
    result = CliRunner().invoke(main, ["alerts", "--kind", "test-overdue"])
    assert result.exit_code == UNUSABLE
    assert "--private" in result.stderr
