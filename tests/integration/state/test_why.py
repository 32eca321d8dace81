"""`lianfang why` and `why-not` of a running system, through the commands, on a broker of each kind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from connectors.embedded import Supervisor, start_store
from tests.nursery import COMMAND, Nursery
from tests.reading import few

REGISTERED = {
    "operator": "op-1", "name": "张三水果店", "county": "330111", "town": "t-1", "grid": "g-1", "office": "o-1",
    "activated": True, "trades": True, "status": "active",
}  # fmt: skip
UNEMPLOYED = {"sample": "S9", "on": "staff", "staff": "W9", "result": "positive", "hazard": "sars-cov-2"}


class House:
    """A worker and views that run; `ask` is a command as one types it."""

    def __init__(self, env: dict[str, str], nursery: Nursery) -> None:
        self.env, self.nursery = env, nursery

    def ask(self, *words: str, code: int = 0) -> str:
        done = self.nursery.run([*COMMAND, *words], self.env)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Unclosed" not in done.stderr
        return done.stdout


def until(found: Callable[[], str]) -> str:
    """What is found in time."""
    end = time.monotonic() + 60
    while not (value := found()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.2)
    return value


@pytest.fixture(scope="module", params=["embedded_broker", "kafka"])
def house(request, tmp_path_factory, nursery) -> Iterator[House]:
    broker, folder = request.getfixturevalue(request.param), tmp_path_factory.mktemp("why")
    with Supervisor() as supervisor:
        ours = {
            "LIANFANG_PREFIX": f"w{os.getpid()}-", "LIANFANG_REPLICATION": "1", "LIANFANG_MIN_ISR": "1",
            "LIANFANG_REDIS": start_store(supervisor).address, "LIANFANG_PARTITIONS": json.dumps(few()),
        }  # fmt: skip
        house = House({**os.environ, **broker.env, **ours}, nursery)
        house.ask("topics")
        for name in ("worker", "views"):
            supervisor.add(name, [*COMMAND, name], env=house.env, output=folder / f"{name}.log")
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        records = [
            ("operator.registered", "r1", REGISTERED),
            ("goods.sold", "r2", {"operator": "op-1"}),
            ("sample.tested", "r3", UNEMPLOYED),
        ]
        lines = [
            {"specversion": "1.0", "source": "/test", "id": name, "type": kind, "time": now, "data": data}
            for kind, name, data in records
        ]
        (folder / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        house.ask("send", str(folder / "records.jsonl"))
        yield house


@pytest.fixture(scope="module")
def alert(house) -> dict:
    """The alert that stands: goods were sold without a code."""

    def shown() -> str:
        return house.nursery.run([*COMMAND, "alerts", "--json"], house.env).stdout

    return json.loads(until(shown))


def test_why_tells_the_records_of_an_alert_that_stands(house, alert):
    said = until(lambda: words if "begins" in (words := house.ask("why", alert["id"])) else "")
    assert "uncoded-goods of op-1" in said
    assert "goods.sold /test r2" in said
    assert "suppressed(nobody)" in said
    assert json.loads(house.ask("why", alert["id"], "--json"))["now"]["stands"] is True


def test_why_not_tells_what_keeps_an_alert_from_standing(house, alert):
    assert "does not stand" in house.ask("why-not", "op-1", "papers-missing", "L-1")
    assert "stands" in house.ask("why-not", "op-1", "uncoded-goods", alert["subject"], code=1)
    assert json.loads(house.ask("why-not", "op-1", "silent", "--json"))["stands"] is False


def test_of_somebody_whom_nobody_employs_it_is_asked_without_operator(house, alert):
    until(lambda: house.ask("alerts", "--private", "--kind", "staff-positive", "--json"))
    said = house.ask("why-not", "", "staff-positive", "S9", "--private", code=1)
    assert "staff-positive of nobody who is known about S9 stands" in said
    assert "staff-journal/" in said
    (line,) = house.ask("alerts", "--private", "--kind", "staff-positive", "--json").splitlines()
    assert json.loads(house.ask("why", json.loads(line)["id"], "--private", "--json"))["now"]["stands"] is True


def test_why_not_of_an_operator_nobody_named_knows_nothing(house, alert):
    assert "does not stand" in house.ask("why-not", "nobody", "uncoded-goods", alert["subject"])


def test_under_a_prefix_where_nothing_ran_it_says_so(house):
    elsewhere = House({**house.env, "LIANFANG_PREFIX": "elsewhere-"}, house.nursery)
    elsewhere.ask("why-not", "op-1", "silent", code=2)
