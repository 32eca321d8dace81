"""The registry of topics: `topics.yaml`, read and validated. Not the cluster; `connectors.topics` makes that agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, ValidationError, model_validator

from schemas.times import DAY

FILE = Path(__file__).with_name("topics.yaml")
_AS = re.compile(r"as ([a-z-]+)")
_DAYS = re.compile(r"(\d+)d")


class Sort(StrEnum):
    """What a topic is to those outside, and so whether its partitions may change."""

    PUBLIC = "public"
    JOURNAL = "journal"
    OUTPUT = "output"
    STATE = "state"
    INTERNAL = "internal"


class Role(StrEnum):
    """Who touches topics. Processes of ours, and those who send to us or read from us."""

    UPSTREAM = "upstream"
    WORKER = "worker"
    CLOCK = "clock"
    BRIDGE_WECOM = "bridge-wecom"
    BRIDGE_SMS = "bridge-sms"
    VIEWS = "views"
    OPERATIONS = "operations"
    SUBSCRIBER = "subscriber"
    PRIVATE_SUBSCRIBER = "private-subscriber"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Personal(_Part):
    """What of people is in a topic."""

    what: str
    why: str
    how_long: str
    who_reads: str


def _none(value: object) -> object:
    return None if value == "none" else value


class Topic(_Part):
    """One topic, as the file describes it."""

    purpose: str
    sort: Sort
    key: str
    partitions: Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=r"^as [a-z-]+$")]
    cleanup: Literal["delete", "compact"]
    keep: Annotated[str, Field(pattern=r"^(\d+d|for ever|until resolved \+ \d+d|while it counts)$")]
    timestamp: Literal["append", "sent"]
    owner: str
    writers: tuple[Role, ...]
    readers: tuple[Role, ...]
    personal: Annotated[Personal | None, BeforeValidator(_none)]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.cleanup == "compact" and _DAYS.fullmatch(self.keep):
            raise ValueError("keep: a compacted topic keeps what is present; days are for cleanup delete")
        if self.cleanup == "delete" and not (_DAYS.fullmatch(self.keep) or self.keep == "for ever"):
            raise ValueError(f"keep: {self.keep!r} is for compacted topics")
        if self.sort in {Sort.PUBLIC, Sort.JOURNAL} and self.timestamp != "append":
            raise ValueError("timestamp: what is read for *recorded* needs the broker's append time")
        return self

    @property
    def like(self) -> str | None:
        """The topic whose number of partitions this one has, if it does not have its own."""
        match = _AS.fullmatch(self.partitions) if isinstance(self.partitions, str) else None
        return match[1] if match else None

    @property
    def retention(self) -> int | None:
        """Milliseconds that a message is kept; None: for ever, or as long as compaction keeps it."""
        match = _DAYS.fullmatch(self.keep)
        return int(match[1]) * DAY if match else None


class Registry(RootModel[dict[str, Topic]]):
    """All topics, by their name without prefix."""

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        for name, topic in self.root.items():
            if topic.like is None:
                continue
            if topic.like not in self.root:
                raise ValueError(f"{name}: partitions: there is no topic {topic.like!r}")
            if self.root[topic.like].like is not None:
                raise ValueError(f"{name}: partitions: {topic.like!r} itself follows another topic")
        return self

    def partitions(self, name: str, settings: Mapping[str, int]) -> int:
        """How many partitions a topic is to have; `settings` are the installation's own numbers."""
        topic = self.root[name]
        if topic.like is not None:
            return self.partitions(topic.like, settings)
        number = settings.get(name, topic.partitions)
        assert isinstance(number, int), "a topic without `as` has a number"  # noqa: S101 - the model says so
        return number

    def of_sort(self, *sorts: Sort) -> list[str]:
        """Names of all topics of these sorts, in the file's order."""
        return [name for name, topic in self.root.items() if topic.sort in sorts]


class BadTopics(Exception):  # noqa: N818 - the file is bad, not the program
    """The file can't be used; one line for each fault."""


def parse(text: str, *, name: str = "topics.yaml") -> Registry:
    """The registry in a YAML text, or BadTopics with file, topic, field and what was expected."""
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadTopics(f"{name}: not YAML: {error}") from None
    try:
        return Registry.model_validate(content)
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_url=False):
            where = ".".join(str(part) for part in fault["loc"])
            lines.append(": ".join(part for part in (name, where, fault["msg"]) if part))
        raise BadTopics("\n".join(lines)) from None


@cache
def load() -> Registry:
    """The registry that comes with the program."""
    return parse(FILE.read_text(encoding="utf-8"))
