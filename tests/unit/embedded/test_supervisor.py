"""The supervisor starts again what died, not what ended in order nor what asked for a person."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time

import pytest

from connectors.embedded.supervisor import ALARM, Supervisor


def script(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


@pytest.fixture
def supervisor():
    with Supervisor(pause=0.02, longest_pause=0.1) as made:
        yield made


def until(condition, within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_port_is_its_servers_who_may_come_and_go_and_nobody_elses(supervisor):
    port = supervisor.port()
    with socket.socket() as somebody, pytest.raises(OSError, match="in use"):
        somebody.bind(("127.0.0.1", port))
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), 1.0):
            """It is there."""
    supervisor.stop()
    with socket.create_server(("127.0.0.1", port)):
        """It is anybody's again."""


def test_what_fails_is_started_again(supervisor):
    child = supervisor.add("w", script("import sys; sys.exit(70)"))
    until(lambda: child.starts >= 3)
    assert set(child.exits) == {70}


def test_what_was_killed_is_started_again(supervisor):
    child = supervisor.add("w", script("import time; time.sleep(60)"))
    killed = supervisor.kill("w")
    until(lambda: child.pid not in (None, killed))
    assert child.exits == [-signal.SIGKILL]


def test_what_ended_in_order_stays_down(supervisor):
    child = supervisor.add("w", script(""))
    until(lambda: child.exits == [0])
    time.sleep(0.2)
    assert child.starts == 1


def test_an_alarm_is_told_and_not_repeated():
    told = threading.Event()
    with Supervisor(pause=0.02, on_alarm=lambda child: told.set()) as supervisor:
        child = supervisor.add("w", script(f"import sys; sys.exit({ALARM})"))
        assert told.wait(60)
        time.sleep(0.2)
        assert child.starts == 1


def test_a_program_that_does_not_exist_is_an_error(supervisor):
    with pytest.raises(FileNotFoundError):
        supervisor.add("w", ["/nowhere/nothing"])
    assert not supervisor.children


def test_stopping_ends_the_last_first_and_tells_how_each_ended(tmp_path):
    note = "import signal,sys,time,pathlib\n" \
           "signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1],'a').write(sys.argv[2]), sys.exit(0)))\n" \
           "pathlib.Path(sys.argv[1]+sys.argv[2]).touch()\n" \
           "time.sleep(60)"  # fmt: skip
    out = tmp_path / "order"
    supervisor = Supervisor()
    for name in "abc":
        supervisor.add(name, [*script(note), str(out), name])
    until(lambda: all((tmp_path / f"order{name}").exists() for name in "abc"))
    assert supervisor.stop() == {"a": 0, "b": 0, "c": 0}
    assert out.read_text() == "cba"


def test_what_does_not_listen_is_killed(tmp_path):
    deaf = (
        "import signal,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1],'w'); time.sleep(60)"
    )
    supervisor = Supervisor()
    child = supervisor.add("w", [*script(deaf), str(tmp_path / "deaf")])
    until((tmp_path / "deaf").exists)
    assert supervisor.stop(patience=0.3) == {"w": -signal.SIGKILL}
    with pytest.raises(ProcessLookupError):
        os.kill(child.process.pid, 0)
