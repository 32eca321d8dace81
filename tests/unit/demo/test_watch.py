"""What feeds the live picture: messages of the phones as they come, and processes that end and are back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestServer

from connectors.demo.driver import watch as module
from connectors.demo.driver.state import State
from connectors.demo.driver.watch import _phones, _processes, label
from connectors.sandbox.app import Sandbox
from schemas.times import parse_instant

NOON = parse_instant("2022-01-05T12:00:00+08:00")


@pytest.fixture
def state() -> State:
    return State(NOON, NOON, 0)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """One that answers at `url`."""
    made = Sandbox()
    made.clock.set(NOON)
    async with TestServer(made.app()) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made


@asynccontextmanager
async def running(watching) -> AsyncIterator[None]:
    task = asyncio.create_task(watching)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not so():
            await asyncio.sleep(0.005)


async def test_each_message_is_shown_once_under_the_name_of_its_phone(state, sandbox, monkeypatch):
    monkeypatch.setattr(module, "ASK_EVERY", 0.01)
    await label(sandbox.url, {"key-1": "富阳鲜果行 店主"})
    sandbox.store.accept("wecom", NOON, "key-1", "text", "第一条", None)
    async with running(_phones(state, sandbox.url)):
        await until(lambda: state.messages == 1)
        sandbox.store.accept("sms", NOON + 1, "138", "LF_ONE", "第二条", None)
        await until(lambda: state.messages == 2)
    assert [(one.channel, one.to, one.at, one.body) for one in state.recent] == [
        ("wecom", "富阳鲜果行 店主", NOON, "第一条"),
        ("sms", "138", NOON + 1, "第二条"),
    ]


async def test_a_sandbox_that_does_not_answer_is_asked_again(state, monkeypatch):
    monkeypatch.setattr(module, "ASK_EVERY", 0.01)
    async with running(_phones(state, "http://127.0.0.1:1")):
        await asyncio.sleep(0.05)
    assert state.messages == 0


class House:
    """Two workers, as the supervisor knows them."""

    def __init__(self) -> None:
        self.children = {name: SimpleNamespace(exits=[], pid=number) for number, name in enumerate(["a", "b"], 1)}
        self.ports = dict.fromkeys(self.children, 0)
        self.answers = True

    def child(self, name: str) -> SimpleNamespace:
        return self.children[name]

    def ready(self, name: str) -> bool:
        return self.answers


async def test_a_process_that_ended_is_away_until_it_is_ready_again(state):
    house = House()
    async with running(_processes(state, house)):
        await until(lambda: state.workers == {"a": "up", "b": "up"})
        house.answers, house.children["b"].pid = False, None
        house.children["b"].exits.append(-9)
        await until(lambda: state.workers["b"] == "away")
        house.children["b"].pid = 3  # started again, and not ready yet
        await asyncio.sleep(0.3)
        assert state.workers == {"a": "up", "b": "away"}
        house.answers = True
        await until(lambda: state.workers["b"] == "up")
    assert [words for _, words in state.happened] == ["b ended with -9", "b is back (process 3)"]


async def test_what_had_ended_before_anybody_watched_is_not_told(state):
    house = House()
    house.children["a"].exits.append(70)
    async with running(_processes(state, house)):
        await until(lambda: state.workers == {"a": "up", "b": "up"})
    assert not state.happened
