"""The process of the views ends so that whoever watches over it starts it again."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError
from click.testing import CliRunner
from redis.exceptions import RedisError

from connectors.cli import main

ENDS = {
    "no broker answers": KafkaConnectionError("gone"),
    "a broker goes away in the middle": NodeNotReadyError("gone"),
    "a consumer is stopped while brokers are away, and aiokafka lets out what it cancelled": asyncio.CancelledError(),
    "the store does not answer": RedisError("gone"),
}


@pytest.mark.parametrize("error", ENDS.values(), ids=ENDS.keys())
def test_whatever_goes_away_it_ends_with_70(monkeypatch, error):
    async def ends(_):
        raise error

    monkeypatch.setattr("connectors.cli.views._run", ends)
    assert CliRunner().invoke(main, ["views"]).exit_code == 70
