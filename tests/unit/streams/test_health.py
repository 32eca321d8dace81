"""Health: alive is progress of the loop itself, ready is what was said of every part, both served over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from streams import metrics
from streams.health import Health


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock) -> Health:
    return Health(stall=15.0, now=clock)


@pytest.fixture
async def base(health) -> AsyncIterator[str]:
    port = await health.serve("127.0.0.1", 0)
    yield f"http://127.0.0.1:{port}"
    await health.close()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_process_that_starts_is_alive_and_not_ready(base):
    assert await get(f"{base}/healthz") == (200, "moving\n")
    assert await get(f"{base}/readyz") == (503, "starting\n")


async def test_a_loop_that_comes_round_is_alive_and_one_that_stands_still_is_not(base, health, clock):
    health.beat()
    clock.at += 14
    assert (await get(f"{base}/healthz"))[0] == 200
    clock.at += 2
    assert await get(f"{base}/healthz") == (503, "loop: no progress for 16 s\n")
    health.beat()
    assert (await get(f"{base}/healthz"))[0] == 200


def test_one_part_that_stands_still_is_named(health, clock):
    health.beat("intake")
    clock.at += 10
    health.beat("operators")
    clock.at += 10
    assert health.alive() == (False, "intake: no progress for 20 s")


async def test_ready_is_when_every_part_owns_and_has_recovered(base, health):
    health.set_ready(True, "4 partitions", part="intake")
    health.set_ready(False, "recovering 3 of 12", part="operators")
    assert await get(f"{base}/readyz") == (503, "intake: 4 partitions; operators: recovering 3 of 12\n")
    health.set_ready(True, "12 partitions", part="operators")
    assert await get(f"{base}/readyz") == (200, "intake: 4 partitions; operators: 12 partitions\n")


def test_a_part_that_ended_in_order_is_asked_no_longer(health, clock):
    health.beat("views")
    health.beat("loop")
    health.set_ready(False, "stopped", part="views")
    health.set_ready(True, "running")
    health.drop("views")
    assert health.ready() == (True, "process: running")
    clock.at += 10
    health.beat("loop")
    clock.at += 10
    assert health.alive()[0]


def test_readiness_is_a_metric_too(health):
    health.set_ready(True, "12 partitions")
    assert metrics.REGISTRY.get_sample_value("lianfang_ready") == 1
    health.set_ready(False, "revoked")
    assert metrics.REGISTRY.get_sample_value("lianfang_ready") == 0


async def test_metrics_are_served_in_the_form_prometheus_reads(base):
    status, text = await get(f"{base}/metrics")
    assert status == 200
    assert "# TYPE lianfang_alerts_total counter" in text
    assert "process_start_time_seconds" in text


async def test_a_port_that_is_taken_is_an_error_with_words(health, base):
    port = int(base.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=str(port)):
        await Health().serve("127.0.0.1", port)


async def test_closing_what_was_never_served_is_no_error():
    await Health().close()
