"""Brokers for tests: real Apache Kafka from Maven's jars, one broker or three, with what a fault test does to them
(kill -9, stop, continue, start again), and helpers that every test on a broker needs. `LIANFANG_TEST_BOOTSTRAP` names
a Kafka to use instead.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from connectors.ports import held_port
from tests.jars import VERSION, VERSION_4, kafka_archive, kafka_jars

READY_WITHIN = 120.0
CLUSTER = "lianfangTestAAAAAAAAAg"


@dataclass
class Node:
    """One broker of a cluster (it is a controller too)."""

    number: int
    port: int
    controller_port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)  # name → where it listens, where clients come from

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@dataclass
class KafkaCluster:
    """KRaft brokers on loopback. Replication 3 with min ISR 2 where there are three.

    `long`: they are to run long and be measured, so they get a JVM as one would run it. `lines`: names of further ways
    in. On each a broker says that it is to be reached at another port, where whoever wants to cut the line puts
    something in between.
    """

    size: int = 1
    version: str = VERSION
    long: bool = False
    lines: tuple[str, ...] = ()
    options: tuple[str, ...] = ()  # of the JVM, beside ours
    nodes: list[Node] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)  # the ports, and the folder with all files

    @property
    def bootstrap(self) -> str:
        """What a client is given."""
        return ",".join(node.address for node in self.nodes)

    @property
    def replication(self) -> int:
        return min(3, self.size)

    @property
    def min_isr(self) -> int:
        return 2 if self.size >= 3 else 1

    @property
    def env(self) -> dict[str, str]:
        """Settings of a lianfang process on this cluster."""
        return {
            "LIANFANG_BOOTSTRAP": self.bootstrap,
            "LIANFANG_COMMIT": "transactions",
            "LIANFANG_REPLICATION": str(self.replication),
            "LIANFANG_MIN_ISR": str(self.min_isr),
        }

    def start(self) -> KafkaCluster:
        """Format and start all brokers; returns when each of them answers."""
        self.launch()
        for node in self.nodes:
            self.wait(node.number)
        return self

    def launch(self) -> None:
        """Format and start all brokers."""
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="lianfang-kafka-")))
        self.nodes = [Node(i + 1, self._port(), self._port(), folder / f"node-{i + 1}") for i in range(self.size)]
        for node in self.nodes:
            node.lines = {name: (self._port(), self._port()) for name in self.lines}
        for node in self.nodes:
            self._format(node)
        for node in self.nodes:
            self._launch(node)

    def kill(self, number: int) -> None:
        """kill -9."""
        process = self._process(number)
        process.kill()
        process.wait()

    def terminate(self, number: int) -> None:
        """SIGTERM, and until it has ended."""
        process = self._process(number)
        process.terminate()
        process.wait(READY_WITHIN)

    def stop(self, number: int) -> None:
        """SIGSTOP: it is there and answers nothing."""
        self._process(number).send_signal(signal.SIGSTOP)

    def cont(self, number: int) -> None:
        """SIGCONT."""
        self._process(number).send_signal(signal.SIGCONT)

    def fill(self, number: int, room: int) -> None:
        """No file of this broker may grow beyond `room` bytes any more: to it that is a disk that is full. For good:
        it has to be killed and started again. Needs no file system of its own, and so no right to mount one.
        """
        resource.prlimit(self._process(number).pid, resource.RLIMIT_FSIZE, (room, room))

    def ended(self, number: int) -> bool:
        """Whether a broker has ended."""
        return self._process(number).poll() is not None

    def restart(self, number: int, *, wait: bool = True) -> None:
        """Start a broker again that was killed."""
        self._launch(self.nodes[number - 1])
        if wait:
            self.wait(number)

    def wait(self, number: int) -> None:
        """Until a broker answers; TimeoutError with the end of its log."""
        node = self.nodes[number - 1]
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if self._process(number).poll() is not None:
                break
            if _listens(node.port) and _answers(node.address):
                return
            time.sleep(0.1)
        log = (node.folder / "log.txt").read_text(errors="replace")[-3000:]
        raise TimeoutError(f"broker {number} does not answer; its log ends:\n{log}")

    def keep(self, prefix: str, folder: Path) -> None:
        """Copy what brokers say and what lies on their disks of the topics with this prefix and of transactions."""
        for node in self.nodes:
            kept = folder / node.folder.name
            kept.mkdir(parents=True)
            shutil.copy(node.folder / "log.txt", kept)
            for wanted in (f"{prefix}*", "__transaction_state-*"):
                for partition in (node.folder / "data").glob(wanted):
                    with contextlib.suppress(shutil.Error):  # a file that the broker deleted meanwhile
                        shutil.copytree(partition, kept / partition.name)

    def close(self) -> None:
        """End all brokers and remove their files."""
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.process.kill()
        for node in self.nodes:
            if node.process is not None:
                node.process.wait()
        self._open.close()

    def _port(self) -> int:
        port: int = self._open.enter_context(held_port()).getsockname()[1]
        return port

    def _process(self, number: int) -> subprocess.Popen[bytes]:
        process = self.nodes[number - 1].process
        assert process is not None, f"broker {number} was never started"
        return process

    def _format(self, node: Node) -> None:
        """A formatted disk is the same for all but two names: StorageTool, a whole JVM, makes one for each Kafka."""
        node.folder.mkdir(parents=True)
        properties, data = node.folder / "server.properties", node.folder / "data"
        properties.write_text(self._properties(node))
        formatted = kafka_jars(self.version).parent / "formatted"
        if formatted.is_dir():
            shutil.copytree(formatted, data)
        else:
            tool = [*self.java("96m"), "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties)]
            done = subprocess.run(tool, capture_output=True, text=True, timeout=READY_WITHIN, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"StorageTool failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            with tempfile.TemporaryDirectory(dir=formatted.parent) as work:
                made = shutil.copytree(data, Path(work, "data"))
                try:
                    made.rename(formatted)
                except OSError:
                    if not formatted.is_dir():  # no other test process was faster
                        raise
        names = {"version": 1, "cluster.id": CLUSTER, "node.id": node.number, "directory.id": _kafka_uuid()}
        (data / "meta.properties").write_text("".join(f"{name}={value}\n" for name, value in names.items()))

    def _launch(self, node: Node) -> None:
        with (node.folder / "log.txt").open("ab") as log:
            node.process = subprocess.Popen(
                [*self.java("1g" if self.long else "320m"), "kafka.Kafka", str(node.folder / "server.properties")],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def java(self, heap: str) -> list[str]:
        """A JVM with Kafka's classes; the name of one of them is to follow."""
        archive = kafka_archive(self.version)
        return [
            "java",
            *self.options,
            *((f"-XX:SharedArchiveFile={archive}", "-Xlog:disable") if archive.exists() else ()),
            f"-Xmx{heap}",
            "-XX:+UseSerialGC",
            # ready in half the time; a broker in a test never runs long enough for C2
            *(() if self.long else ("-XX:TieredStopAtLevel=1",)),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-cp",
            f"{kafka_jars(self.version)}/*",
        ]

    def _properties(self, node: Node) -> str:
        voters = ",".join(f"{each.number}@127.0.0.1:{each.controller_port}" for each in self.nodes)
        ways = {name.upper(): ports for name, ports in node.lines.items()}
        values = {
            "process.roles": "broker,controller",
            "node.id": node.number,
            "controller.quorum.voters": voters,
            "listeners": ",".join(
                [f"PLAINTEXT://{node.address}", f"CONTROLLER://127.0.0.1:{node.controller_port}"]
                + [f"{name}://127.0.0.1:{port}" for name, (port, _) in ways.items()]
            ),
            "advertised.listeners": ",".join(
                [f"PLAINTEXT://{node.address}", *(f"{name}://127.0.0.1:{port}" for name, (_, port) in ways.items())]
            ),
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *ways)
            ),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": node.folder / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": self.replication,
            "min.insync.replicas": self.min_isr,
            "offsets.topic.replication.factor": self.replication,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": self.replication,
            "transaction.state.log.min.isr": self.min_isr,
            "transaction.state.log.num.partitions": 3,
            "group.initial.rebalance.delay.ms": 2000 if self.long else 0,
            "group.min.session.timeout.ms": 2000,  # fault tests wait for sessions to run out
            # a dead broker is noticed in 3 s instead of 9, so that a fault test need not wait
            "broker.heartbeat.interval.ms": 500,
            "broker.session.timeout.ms": 3000,
            "controller.quorum.election.timeout.ms": 500,
            "controller.quorum.fetch.timeout.ms": 1000,
            "metadata.max.idle.interval.ms": 0,  # no records that say nothing: a third of what an idle broker costs
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.threads": 1,
            "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
            "log.cleaner.backoff.ms": 1000,
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())


def make_archive(version: str) -> None:
    """A broker writes it as it ends. Where this JVM can not, brokers start without."""
    archive = kafka_archive(version)
    made = archive.with_suffix(".new")
    cluster = KafkaCluster(1, version, options=(f"-XX:ArchiveClassesAtExit={made}",))
    try:
        cluster.launch()
        (node,) = cluster.nodes
        until = time.monotonic() + READY_WITHIN
        while not _listens(node.port) and not cluster.ended(node.number) and time.monotonic() < until:
            time.sleep(0.1)
        cluster.terminate(node.number)
    finally:
        cluster.close()
    if made.exists():
        made.rename(archive)


def _kafka_uuid() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def _answers(address: str) -> bool:
    # in a thread of its own, so that a test with a running event loop may wait too
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _describes(address)).result()


async def _describes(address: str) -> bool:
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=3000)
    try:
        await asyncio.wait_for(admin.start(), 5)
        cluster = await asyncio.wait_for(admin.describe_cluster(), 5)
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
    return any(f"{broker['host']}:{broker['port']}" == address for broker in cluster["brokers"])


if __name__ == "__main__":  # before a test waits for it
    try:
        for each in (VERSION, VERSION_4):
            if not kafka_archive(each).exists():
                make_archive(each)
    except RuntimeError as error:
        sys.exit(str(error))
