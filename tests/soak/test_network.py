"""A line that is cut must really be cut, or a run under a cut network shows nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from connectors.ports import held_port
from tests.brokers import KafkaCluster, Node
from tests.soak.network import HOST, Network


@asynccontextmanager
async def line(tmp_path) -> AsyncIterator[tuple[Network, int]]:
    """A network before a broker that says everything back; the port at which it is reached."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            writer.write(chunk)

    with held_port() as ours, held_port() as theirs:
        target, port = ours.getsockname()[1], theirs.getsockname()[1]
        node = Node(1, 1, 2, tmp_path, lines={"worker": (target, port)})
        server = await asyncio.start_server(echo, HOST, target)
        network = await asyncio.to_thread(Network, KafkaCluster(1, lines=("worker",), nodes=[node]))
        try:
            yield network, port
        finally:
            network.close()
            server.close()


async def says(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, word: bytes) -> bytes:
    writer.write(word)
    async with asyncio.timeout(1):
        return await reader.readexactly(len(word))


async def test_a_whole_line_carries_both_ways(tmp_path):
    async with line(tmp_path) as (_, port):
        assert await says(*await asyncio.open_connection(HOST, port), b"one") == b"one"


async def test_a_line_that_is_cut_in_silence_answers_nothing_and_goes_on_where_it_was(tmp_path):
    async with line(tmp_path) as (network, port):
        reader, writer = await asyncio.open_connection(HOST, port)
        assert await says(reader, writer, b"one") == b"one"
        await asyncio.to_thread(network.cut, "worker", silent=True)
        with pytest.raises(TimeoutError):
            await says(reader, writer, b"two")
        with pytest.raises(TimeoutError):
            await says(*await asyncio.open_connection(HOST, port), b"new")
        await asyncio.to_thread(network.heal, "worker")
        async with asyncio.timeout(1):
            assert await reader.readexactly(3) == b"two"


async def test_a_line_that_is_cut_with_a_reset_ends_connections_and_takes_none(tmp_path):
    async with line(tmp_path) as (network, port):
        reader, writer = await asyncio.open_connection(HOST, port)
        assert await says(reader, writer, b"one") == b"one"
        await asyncio.to_thread(network.cut, "worker", silent=False)
        with pytest.raises((asyncio.IncompleteReadError, OSError)):
            await says(reader, writer, b"two")
        with pytest.raises((asyncio.IncompleteReadError, OSError)):
            await says(*await asyncio.open_connection(HOST, port), b"new")
        await asyncio.to_thread(network.heal, "worker")
        assert await says(*await asyncio.open_connection(HOST, port), b"new") == b"new"
