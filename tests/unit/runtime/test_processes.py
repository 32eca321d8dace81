"""The set of processes of an installation: which are started with what, and when nobody may be told that it runs."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connectors.embedded import ALARM, Child
from connectors.runtime import NotReady, Place, Running, StoppedForGood, Wish, processes, running
from connectors.runtime.place import given
from streams.settings import Commit


class Children:
    """A supervisor that starts nothing."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._ports = itertools.count(1)

    def add(self, name, argv, *, env=None, output=None) -> Child:
        child = Child(name, argv, dict(env or {}), output)
        self.children.append(child)
        return child

    def port(self) -> int:
        return next(self._ports)

    def of(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)


class Answers(BaseHTTPRequestHandler):
    """/readyz of a process."""

    code = 200

    def do_GET(self) -> None:
        self.send_response(self.server.code if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def served() -> Iterator[HTTPServer]:
    """A process that answers; `code` is what it says."""
    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.code = 200
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(tmp_path) -> Running:
    return Running(given("127.0.0.1:1", None, {"LIANFANG_PREFIX": "p-"}), Children(), tmp_path)


@pytest.fixture
def up(monkeypatch, tmp_path):
    """Everything that is wanted, with topics made and all of it ready at once; what was started."""

    async def fit(settings) -> None:
        assert settings.prefix == "p-"

    async def answers(url) -> None:
        assert url == "redis://r"

    monkeypatch.setattr(processes.cluster, "ensure", fit)
    monkeypatch.setattr(processes.cluster, "refuse_other", fit)
    monkeypatch.setattr(processes, "reach", answers)
    monkeypatch.setattr(Running, "wait_ready", lambda *_: None)

    def start(wish: Wish, *, volatile: bool = False, **extra: str) -> tuple[Running, Children]:
        supervisor = Children()
        place = given("127.0.0.1:1", "redis://r", {"LIANFANG_PREFIX": "p-", **extra})
        place = Place(place.env, place.settings, volatile=volatile)
        with running(place, supervisor, tmp_path, wish) as run:
            return run, supervisor

    return start


def test_a_process_is_started_with_the_places_settings_its_own_port_and_its_own_log(run, tmp_path):
    child = run.start("worker-1", "worker", env={"LIANFANG_TICK": "2"}, port=7)
    assert list(child.argv)[1:] == ["-m", "connectors.cli", "worker"]
    assert child.env == {
        "LIANFANG_BOOTSTRAP": "127.0.0.1:1", "LIANFANG_PREFIX": "p-", "LIANFANG_TICK": "2", "LIANFANG_HTTP_PORT": "7",
    }  # fmt: skip
    assert (child.output, run.ports, run.child("worker-1")) == (tmp_path / "worker-1.log", {"worker-1": 7}, child)


def test_one_without_a_port_is_not_asked_whether_it_is_ready(run):
    run.start("sandbox", "sandbox")
    assert run.ports == {}
    run.wait_ready(within=0)


def test_its_last_words_are_the_end_of_its_log(run, tmp_path):
    assert run.last_words("worker-1") == ""
    (tmp_path / "worker-1.log").write_text("x" * 5000 + "the end")
    assert run.last_words("worker-1").endswith("xthe end")
    assert len(run.last_words("worker-1")) == processes._LAST_WORDS


@pytest.mark.parametrize(("code", "ready"), [(200, True), (503, False), (404, False)])
def test_ready_is_what_it_says_of_itself(run, served, code, ready):
    served.code = code
    run.ports["worker-1"] = served.server_port
    assert run.ready("worker-1") is ready


def test_one_that_does_not_answer_is_not_ready(run):
    run.ports["worker-1"] = 1
    assert not run.ready("worker-1")


def test_all_must_be_ready(run, served):
    run.ports |= {"worker-1": served.server_port, "clock": 1}
    with pytest.raises(NotReady, match="not ready within 0 s: clock\n"):
        run.wait_ready(within=0)
    run.ports["clock"] = served.server_port
    run.wait_ready(within=0)


def test_who_was_not_ready_in_time_is_named_with_what_it_said_last(run, tmp_path):
    (tmp_path / "clock.log").write_text("the broker is away")
    run.ports["clock"] = 1
    with pytest.raises(NotReady, match="--- clock\nthe broker is away"):
        run.wait_ready(within=0)


def test_one_that_ended_for_good_is_not_waited_for(run, tmp_path):
    run.start("clock", "clock", port=1).exits.append(ALARM)
    (tmp_path / "clock.log").write_text("another number of partitions")
    with pytest.raises(StoppedForGood, match="clock will not start: another number of partitions"):
        run.wait_ready()
    assert run.alarmed() is run.child("clock")


def test_why_one_ended_for_good_is_a_line_however_much_it_has_logged(run, tmp_path):
    refused = {"event": "process stops for good", "why": "operator-journal: has 3 partitions\nrun `lianfang topics`"}
    after = {"event": "process ended", "exc_info": "a traceback " * 1000}
    lines = [json.dumps({"event": "starting"}), json.dumps(refused), json.dumps(after)]
    (tmp_path / "worker-1.log").write_text("\n".join(lines))
    assert run.reason("worker-1") == "operator-journal: has 3 partitions; run `lianfang topics`"


def test_one_that_ended_and_is_started_again_is_no_alarm(run):
    run.start("clock", "clock", port=1).exits += [70, 0]
    assert run.alarmed() is None


def test_an_installation_is_workers_views_two_bridges_a_clock_and_the_sandbox(up):
    run, supervisor = up(Wish(workers=3))
    assert {child.name for child in supervisor.children} == {
        "worker-1", "worker-2", "worker-3", "views", "bridge-wecom", "bridge-sms", "clock", "sandbox",
    }  # fmt: skip
    assert set(run.ports) == {child.name for child in supervisor.children} - {"sandbox"}
    assert len(set(run.ports.values())) == len(run.ports)


def test_whoever_says_what_time_it_is_wants_no_clock(up):
    _, supervisor = up(Wish(clock=False))
    assert "clock" not in {child.name for child in supervisor.children}


def test_bridges_are_told_where_the_sandbox_is_and_the_sandbox_where_receipts_go(up):
    run, supervisor = up(Wish(sandbox_port=18_080))
    assert run.sandbox == "http://127.0.0.1:18080"
    bridge, sandbox = supervisor.of("bridge-sms").env, list(supervisor.of("sandbox").argv)
    assert bridge["LIANFANG_SMS_URL"] == bridge["LIANFANG_WECOM_URL"] == run.sandbox
    report = sandbox[sandbox.index("--report") + 1]
    assert report == f"http://127.0.0.1:{bridge['LIANFANG_SMS_RECEIPTS_PORT']}/receipts"
    assert "LIANFANG_SMS_URL" not in supervisor.of("worker-1").env


def test_without_a_sandbox_and_without_a_key_there_is_no_bridge_for_sms_and_that_is_said(up):
    run, supervisor = up(Wish(sandbox=False))
    assert run.sandbox is None
    assert "bridge-sms" not in {child.name for child in supervisor.children}
    assert "LIANFANG_SMS_ACCESS_KEY" in run.left_out[0]
    keyed, with_key = up(Wish(sandbox=False), LIANFANG_SMS_ACCESS_KEY="k", LIANFANG_SMS_ACCESS_SECRET="s")
    assert "bridge-sms" in {child.name for child in with_key.children}
    assert keyed.left_out == []


def test_on_the_embedded_broker_what_no_tick_waits_for_asks_less_often(up):
    for volatile in (False, True):
        _, supervisor = up(Wish(), volatile=volatile)
        slow = {child.name for child in supervisor.children if "LIANFANG_FETCH_WAIT_MS" in child.env}
        assert slow == ({"views", "bridge-wecom", "bridge-sms"} if volatile else set())


def test_servers_that_are_named_come_before_those_of_the_settings(monkeypatch):
    monkeypatch.setenv("LIANFANG_BOOTSTRAP", "of-the-settings:1")
    monkeypatch.setenv("LIANFANG_REDIS", "redis://of-the-settings")
    place = given("named:1", None, {"LIANFANG_TICK": "3"})
    assert (place.settings.bootstrap, place.settings.redis) == ("named:1", "redis://of-the-settings")
    assert (place.settings.tick, place.volatile, place.settings.commit) == (3, False, Commit.TRANSACTIONS)
    assert place.env == {"LIANFANG_BOOTSTRAP": "named:1", "LIANFANG_TICK": "3"}
    assert given(None, "redis://named", {}).settings.redis == "redis://named"
