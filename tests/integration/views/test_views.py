"""The views process on a broker and a store: what is committed is shown, a wiped store fills, a kill costs nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aiohttp
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from connectors.embedded import Supervisor
from connectors.embedded.servers import start_store
from connectors.topics import cluster
from connectors.views.read import Views
from schemas.alerts import Alert, Kind
from streams.settings import Settings
from tests import alerts
from tests.nursery import COMMAND, Forked, Nursery


def alert(number: int, **changes: object) -> Alert:
    """An alert that stands, of one of several operators."""
    return alerts.alert(Kind.POSITIVE, f"op-{number}", "s", text="样品阳性，请立即封存", **changes)


async def until(what: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for something that another process brings about."""
    deadline = time.monotonic() + seconds
    while not await what():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.05)


class House:
    """Topics under a prefix, a store, and the views process that a test may kill."""

    def __init__(self, env: dict[str, str], nursery: Nursery) -> None:
        self.env, self._nursery = env, nursery
        self.process: Forked | None = None
        self.redis = Redis.from_url(env["LIANFANG_REDIS"])
        self.views = Views(self.redis, env["LIANFANG_PREFIX"])

    def start(self) -> None:
        self.process = self._nursery.popen([*COMMAND, "views"], env=self.env)

    def alerts(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """`lianfang alerts`."""
        done = self._nursery.run([*COMMAND, "alerts", *words], self.env)
        assert done.returncode == code, done.stderr
        return done

    async def ready(self) -> bool:
        url = f"http://127.0.0.1:{self.env['LIANFANG_HTTP_PORT']}/readyz"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def stop(self, how: str = "terminate") -> int:
        assert self.process is not None
        getattr(self.process, how)()
        code = self.process.wait(30)
        self.process = None
        return code

    async def standing(self) -> set[str]:
        return {one.operator for one in await self.views.standing()}

    async def shows(self, *operators: str) -> None:
        """Wait until just these stand."""

        async def so() -> bool:
            return await self.standing() == set(operators)

        await until(so)


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with Supervisor() as supervisor:
        yield start_store(supervisor).address


@pytest.fixture(params=["embedded_broker", "kafka"])
async def house(request, nursery, supervisor, prefix, store, monkeypatch) -> AsyncIterator[House]:
    broker = request.getfixturevalue(request.param)
    ours = {"LIANFANG_PREFIX": prefix, "LIANFANG_REDIS": store, "LIANFANG_HTTP_PORT": str(supervisor.port())}
    env = {**os.environ, **broker.env, **ours, "LIANFANG_REPLICATION": "1", "LIANFANG_MIN_ISR": "1"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    await cluster.ensure(Settings())
    house = House(env, nursery)
    house.start()
    yield house
    if house.process is not None:
        house.stop("kill")
    await house.redis.aclose()


async def say(house: House, *alerts: Alert, commit: bool = True) -> None:
    """Publish alerts as a worker would: in a transaction where there are any."""
    transactional = house.env["LIANFANG_COMMIT"] == "transactions"
    options = {"transactional_id": house.env["LIANFANG_PREFIX"] + "test"} if transactional else {}
    producer = AIOKafkaProducer(bootstrap_servers=house.env["LIANFANG_BOOTSTRAP"], **options)
    await producer.start()
    try:
        if transactional:
            await producer.begin_transaction()
        for one in alerts:
            topic = house.env["LIANFANG_PREFIX"] + "alerts"
            await producer.send_and_wait(topic, orjson.dumps(one), key=one.id.encode(), partition=0)
        if transactional:
            await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


async def test_what_is_published_is_shown_and_what_ended_is_not(house):
    await say(house, alert(1), alert(2))
    await house.shows("op-1", "op-2")
    await until(house.ready)
    await say(house, alert(1, status="resolved", revision=2))
    await house.shows("op-2")
    assert house.stop() == 0


async def test_where_no_alert_was_ever_written_nothing_stands_once_that_has_been_read(house):
    house.stop("kill")
    await house.redis.flushall()
    assert "is `lianfang views` running" in house.alerts(code=2).stderr
    house.start()
    await until(house.ready)
    assert "nothing stands" in house.alerts().stdout
    assert house.alerts("--json").stdout == ""


async def test_after_kill_9_a_fresh_process_goes_on_where_the_store_is(house):
    await say(house, alert(1))
    await house.shows("op-1")
    house.stop("kill")
    await say(house, alert(2))
    house.start()
    await house.shows("op-1", "op-2")
    await until(house.ready)


async def test_a_wiped_store_is_filled_again_from_the_beginning(house):
    await say(house, alert(1))
    await house.shows("op-1")
    await house.redis.flushall()
    await house.shows("op-1")
    await say(house, alert(2))
    await house.shows("op-1", "op-2")


@pytest.mark.parametrize("house", ["kafka"], indirect=True)
async def test_what_was_aborted_is_never_shown(house):
    await say(house, alert(9), commit=False)
    await say(house, alert(1))
    await house.shows("op-1")
    await until(house.ready)
    assert await house.views.alert(alert(9).id) is None


@pytest.mark.parametrize("house", ["embedded_broker"], indirect=True)
async def test_lianfang_alerts_shows_a_table_lines_of_json_and_each_change(house):
    await say(house, alert(1))
    await house.shows("op-1")
    await until(house.ready)
    assert "样品阳性，请立即封存" in house.alerts().stdout
    lines = house.alerts("--json", "--kind", "positive")
    assert [orjson.loads(line)["operator"] for line in lines.stdout.splitlines()] == ["op-1"]
    follower = subprocess.Popen([*COMMAND, "alerts", "--json", "--follow"], env=house.env, stdout=subprocess.PIPE)
    assert follower.stdout is not None
    assert orjson.loads(await asyncio.to_thread(follower.stdout.readline))["operator"] == "op-1"

    async def heard() -> bool:
        channel = f"{house.env['LIANFANG_PREFIX']}lianfang:public:changes"
        return bool((await house.redis.pubsub_numsub(channel))[0][1])

    await until(heard)
    await say(house, alert(2))
    assert orjson.loads(await asyncio.to_thread(follower.stdout.readline))["operator"] == "op-2"
    follower.kill()
    follower.wait()
    follower.stdout.close()
