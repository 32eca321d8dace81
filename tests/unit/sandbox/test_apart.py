"""Sandbox and bridge must not agree on the same mistake: neither imports the other, and what both must know is compared
here, where a difference is seen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from connectors.bridges import sms as bridge_sms
from connectors.sandbox import sms as sandbox_sms
from connectors.sandbox import wecom as sandbox_wecom
from schemas.notices import WECOM_MARKDOWN_BYTES, WECOM_TEXT_BYTES
from streams.delivery import sms

ROOT = Path(__file__).parents[3] / "connectors"


@pytest.mark.parametrize(("room", "other"), [("sandbox", "bridges"), ("bridges", "sandbox")])
def test_neither_imports_the_other(room: str, other: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith(f"connectors.{other}") for name in names), path
            if room == "sandbox":
                assert not any(name.startswith(("streams", "schemas")) for name in names), path


def test_the_registered_templates_are_the_ones_we_send() -> None:
    assert sandbox_sms.Sms({}).templates == sms.TEMPLATES


def test_the_limits_are_the_same() -> None:
    assert sandbox_wecom.MOST_BYTES == {"text": WECOM_TEXT_BYTES, "markdown": WECOM_MARKDOWN_BYTES}
    assert sandbox_sms._LONGEST == sms.VARIABLE == bridge_sms._LONGEST


def test_two_readings_of_the_signature_agree() -> None:
    values = {"Action": "SendSms", "TemplateParam": '{"a":"检疫 *~+"}', "OutId": "x/y=&"}
    assert bridge_sms.signature(values, "secret") == sandbox_sms.signature("POST", values, "secret")
