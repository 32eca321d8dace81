"""`lianfang bridge`: what can't work is said before anything starts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from connectors.cli import UNUSABLE
from connectors.cli.bridge import command


def test_sms_without_keys_can_not_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIANFANG_SMS_ACCESS_KEY", "LIANFANG_SMS_ACCESS_SECRET"):
        monkeypatch.setenv(name, "")
    result = CliRunner().invoke(command, ["sms"])
    assert result.exit_code == UNUSABLE
    assert "sms_access_key" in result.stderr


def test_a_channel_that_has_no_bridge_is_refused() -> None:
    result = CliRunner().invoke(command, ["pigeon"])
    assert result.exit_code == UNUSABLE
    assert "'sms', 'wecom'" in result.stderr


def test_the_options_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(settings: object, flows: list[object], **given: str) -> None:
        seen.update(given, settings=settings, flow=flows[0])

    monkeypatch.setattr("connectors.cli.bridge.run", run)
    result = CliRunner().invoke(command, ["wecom", "--bootstrap", "b:1", "--http-port", "5", "--json"])
    assert result.exit_code == 0
    assert (seen["process"], seen["group"]) == ("bridge", "lianfang-bridge-wecom")
    settings = seen["settings"]
    assert (settings.bootstrap, settings.http_port, settings.log_format) == ("b:1", 5, "json")
    assert seen["flow"].inputs == {"notices": "bridge-wecom-state"}
