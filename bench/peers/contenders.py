"""Who takes part, how each is started, and under which names it keeps its state. Measures nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.peers.meter import Task
from tests.jars import ROOT, VERSION, fetched_jars

QUIX_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_STREAMS = (("org.apache.kafka", "kafka-streams", VERSION), ("org.slf4j", "slf4j-simple", "1.7.36"))


@dataclass(frozen=True)
class Contender:
    """`share`: the part of all records that it is given, so that slow ones take no longer than the others."""

    name: str
    words: str
    command: Callable[[], list[str]]
    changelog: Callable[[Task], str]
    share: float = 1.0
    commit_ms: int = 100


def started(contender: Contender, task: Task) -> subprocess.Popen[bytes]:
    """One process of it. RuntimeError in plain words if something it needs is not there."""
    Path(task.folder).mkdir(parents=True, exist_ok=True)
    with (Path(task.report).with_suffix(".log")).open("wb") as log:
        return subprocess.Popen(
            [*contender.command(), json.dumps(asdict(task))], cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )


def _python(module: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", f"bench.peers.{module}"]


def _quix() -> list[str]:
    if not QUIX_PYTHON.exists():
        raise RuntimeError("Quix Streams is not installed: `make bench` puts it into .venv-bench")
    return [str(QUIX_PYTHON), "-m", "bench.peers.quix"]


def java() -> list[str]:
    """Kafka Streams, compiled. With the JVM's own settings, as one would run it."""
    if shutil.which("javac") is None:
        raise RuntimeError("Kafka Streams needs a compiler: install a JDK of Java 17 (javac is not there)")
    jars = fetched_jars(f"kafka-streams-{VERSION}", _STREAMS)
    source, classes = Path(__file__).with_name("SameJob.java"), jars.parent / "classes"
    compiled = classes / "SameJob.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", str(classes), str(source)], check=True)
    return ["java", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{classes}:{jars}/*", "SameJob"]


def versions() -> dict[str, str]:
    """Of what is not in this environment."""
    found = {"kafka-streams": VERSION}
    if QUIX_PYTHON.exists():
        code = "from importlib.metadata import version; print(version('quixstreams'))"
        asked = subprocess.run([QUIX_PYTHON, "-c", code], capture_output=True, text=True, check=True)
        found["quixstreams"] = asked.stdout.strip()
    if shutil.which("java"):
        asked = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True)
        found["java"] = asked.stderr.splitlines()[0]
    return found


OURS = Contender("ours", "this engine", _python("ours"), lambda task: task.state)
BARE = Contender("bare", "bare aiokafka + orjson loop", _python("bare"), lambda task: task.state)
STOCK = Contender(
    "stock", "stock Faust agent with a Table", _python("stock"), lambda task: f"{task.group}-rows-changelog", 0.05
)
QUIX = Contender(
    "quix", "Quix Streams 3, exactly-once", _quix, lambda task: f"changelog__{task.group}--{task.topic}--default", 0.5,
    commit_ms=1000,
)  # fmt: skip
STREAMS = Contender(
    "streams", "Kafka Streams, exactly_once_v2", java, lambda task: f"{task.group}-rows-changelog"
)  # fmt: skip
PATH = Contender("path", "this system's real path: intake, journal, rules", _python("path"), lambda _: "", 0.1)
ALL = (OURS, STREAMS, QUIX, BARE, STOCK)
