"""Where the processes run: on an embedded broker and store that begin here, or on servers that are there already."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.embedded import Supervisor, embedded_settings, start_broker, start_store
from schemas.topics import load
from streams.settings import Settings

FEW = {"operator-journal": 2, "staff-journal": 2}
"""Partitions on the embedded broker, one of every other topic: two workers share the work, and there is little to poll.
A fetch there costs a tenth of a millisecond of processor for each partition, and waits for nothing [measured]."""


@dataclass(frozen=True, slots=True)
class Place:
    """`env` is what the processes read, `settings` the same for this process."""

    env: dict[str, str]
    settings: Settings
    volatile: bool


def embedded(supervisor: Supervisor, folder: Path, extra: Mapping[str, str]) -> Place:
    """A broker and a store of one's own. TimeoutError if one does not come up. Nothing outlives the supervisor."""
    broker = start_broker(supervisor, output=folder / "broker.log")
    store = start_store(supervisor, output=folder / "store.log")
    partitions = {name: 1 for name, topic in load().root.items() if topic.like is None} | FEW
    env = embedded_settings(broker, store) | {"LIANFANG_PARTITIONS": json.dumps(partitions)} | dict(extra)
    return Place(env, settings_of(env), volatile=True)


def given(bootstrap: str | None, redis: str | None, extra: Mapping[str, str]) -> Place:
    """Servers that are there already, by the settings, or instead of those by name."""
    env = dict(extra)
    if bootstrap is not None:
        env["LIANFANG_BOOTSTRAP"] = bootstrap
    if redis is not None:
        env["LIANFANG_REDIS"] = redis
    return Place(env, settings_of(env), volatile=False)


def settings_of(env: Mapping[str, str]) -> Settings:
    """What a child process with this environment beside ours would read."""
    before = dict(os.environ)
    try:
        os.environ.update(env)
        return Settings()
    finally:
        os.environ.clear()
        os.environ.update(before)
