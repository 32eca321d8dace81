"""Kafka's jars, and those of whatever else runs on a JVM here: fetched once by the ordinary `mvn` into a cache outside
git, `.cache` or what LIANFANG_TEST_CACHE names.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

VERSION = os.environ.get("LIANFANG_TEST_KAFKA", "3.9.1")
VERSION_4 = "4.2.0"  # 4.3 and 4.4 lose what was committed, see tests/soak/markers.py
ROOT = Path(__file__).resolve().parent.parent
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>lianfang</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>{dependencies}
  </dependencies>
</project>
"""
_SILENT = ("org.slf4j", "slf4j-reload4j")
"""What 3.x would log to and, with no settings for it, say nothing of why a broker ended."""


def _artifacts(version: str) -> list[tuple[str, str, str]]:
    artifacts = [("org.apache.kafka", "kafka_2.13", version), ("org.slf4j", "slf4j-simple", "1.7.36")]
    if version.startswith("3."):  # 4.x has none: StorageTool moved into kafka_2.13
        artifacts.append(("org.apache.kafka", "kafka-tools", version))
    return artifacts


def kafka_jars(version: str = VERSION) -> Path:
    """The folder with Kafka's jars, filled at the first call. RuntimeError in plain words where that can't be."""
    return fetched_jars(f"kafka-{version}", _artifacts(version))


def fetched_jars(name: str, artifacts: Iterable[tuple[str, str, str]]) -> Path:
    """The folder with these artifacts and what they need, in the cache under that name. RuntimeError as above."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise RuntimeError(
                f"these tests need a real Kafka: install Java 17 and Maven ({program} is not there), "
                "or name a Kafka in LIANFANG_TEST_BOOTSTRAP"
            )
    cache = Path(os.environ.get("LIANFANG_TEST_CACHE", ROOT / ".cache")) / name
    jars = cache / "jars"
    if jars.is_dir():
        return jars
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock, tempfile.TemporaryDirectory(dir=cache) as work:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test process may be at it
        if jars.is_dir():
            return jars
        pom = Path(work, "pom.xml")
        group, artifact = _SILENT
        without = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        without = f"<exclusions><exclusion>{without}</exclusion></exclusions>"
        rows = "".join(
            f"\n    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{number}</version>{without}</dependency>"
            for group, artifact, number in artifacts
        )
        pom.write_text(_POM.format(dependencies=rows))
        fetched = Path(work, "jars")
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), _PLUGIN, "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0 or not any(fetched.glob("*.jar")):
            raise RuntimeError(f"mvn could not fetch {name}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        fetched.rename(jars)
    return jars


def kafka_archive(version: str) -> Path:
    """Where Kafka's classes lie as a JVM has them in memory: with them a broker takes half the time to start."""
    return kafka_jars(version).parent / "classes.jsa"
