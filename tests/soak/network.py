"""The lines between a process and the brokers that a run may cut: for each a little proxy before every broker. A line
that is cut in silence swallows what is sent and answers nothing, as a network does that drops packets; when it is put
right, what was under way goes on. A line that is cut with a reset refuses every connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.brokers import KafkaCluster, Node

T = TypeVar("T")
HOST = "127.0.0.1"
LINES = ("worker", "clock")
"""The lines of a cluster for runs: one worker's and one clock's."""
_CHUNK = 64 * 1024


class Line:
    """One way to all brokers. Lives in the network's loop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.whole, self.refuses = asyncio.Event(), False
        self.whole.set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, node: Node) -> None:
        """Stand before one broker."""
        target, port = node.lines[self.name]

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._carry(reader, writer, target)

        await asyncio.start_server(connected, HOST, port)

    async def cut(self, *, silent: bool) -> None:
        """From here on nothing passes."""
        self.whole.clear()
        self.refuses = not silent
        for writer in list(self._writers) if self.refuses else ():
            writer.transport.abort()

    async def heal(self) -> None:
        """As before."""
        self.refuses = False
        self.whole.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: int) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        await self.whole.wait()
        try:
            other_reader, other_writer = await asyncio.open_connection(HOST, target)
        except OSError:  # the broker is not there
            writer.transport.abort()
            return
        self._writers |= {writer, other_writer}
        try:
            await asyncio.gather(self._pump(reader, other_writer), self._pump(other_reader, writer))
        finally:
            self._writers -= {writer, other_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self.whole.wait()
                writer.write(chunk)
                await writer.drain()
        writer.transport.abort()


class Network:
    """All lines of a cluster, in a thread of their own. Threads of runs call."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self._cluster = cluster
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="network", daemon=True).start()
        self._lines = self._call(self._open())

    def bootstrap(self, line: str) -> str:
        """What a client of this line is given."""
        return ",".join(f"{HOST}:{node.lines[line][1]}" for node in self._cluster.nodes)

    def cut(self, line: str, *, silent: bool) -> None:
        """Nothing passes until `heal`."""
        self._call(self._lines[line].cut(silent=silent))

    def heal(self, line: str) -> None:
        """It carries again."""
        self._call(self._lines[line].heal())

    def close(self) -> None:
        """End it, with all that is carried."""
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _open(self) -> dict[str, Line]:
        lines = {name: Line(name) for name in self._cluster.lines}
        for line in lines.values():
            for node in self._cluster.nodes:
                await line.serve(node)
        return lines

    async def _end(self) -> None:
        carried = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
