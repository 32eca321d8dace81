"""`lianfang sandbox`: says where it listens, stops when asked, and says why it can't."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

from click.testing import CliRunner

from connectors.cli import UNUSABLE
from connectors.cli.sandbox import command


def test_it_says_where_it_listens_and_stops_in_order() -> None:
    arguments = [sys.executable, "-m", "connectors.cli", "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        with urllib.request.urlopen(f"{address}/") as page:  # noqa: S310 - on loopback
            text = page.read().decode()
        assert '<html lang="zh-CN">' in text
        for name in ("page.css", "page.js"):
            assert f'"/{name}"' in text
            with urllib.request.urlopen(f"{address}/{name}") as file:  # noqa: S310
                assert file.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_nothing_on_the_page_comes_from_elsewhere() -> None:
    from importlib.resources import files

    for name in ("page.html", "page.css", "page.js"):
        assert "http" not in files("connectors.sandbox").joinpath(name).read_text("utf-8")


def test_a_port_that_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = CliRunner().invoke(command, ["--port", str(other.getsockname()[1])])
    assert result.exit_code == UNUSABLE
    assert "can't listen" in result.stderr
