"""The command itself: wrong settings are said by their name, in one line, with exit 2."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from connectors.cli import UNUSABLE, main

WRONG = {
    "a word for a number": ("LIANFANG_TICK", "7m"),
    "a word that is none of the words": ("LIANFANG_COMMIT", "maybe"),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_setting_is_named(name, value):
    result = CliRunner().invoke(main, ["alerts"], env={name: value})
    assert result.exit_code == UNUSABLE
    assert result.output.startswith(f"{name}: ")
    assert "Traceback" not in result.output
