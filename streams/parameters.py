"""The rules file: what is required of which goods, and every parameter, each value with its date and legal basis.

Read once at start; a change is another file with another `digest`. Values: durations are milliseconds, a time of day is
milliseconds since midnight, a count is a number, None is `none`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import orjson
import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from schemas.alerts import Kind
from schemas.times import DAY, HOUR, MINUTE, SECOND, parse_date

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_COUNT = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_DURATION = re.compile(r"(\d{1,5})([smhd])", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

Paper = Literal["quarantine", "test", "disinfection", "trace-code"]
Grounded = Literal[Kind.POSITIVE, Kind.UNCODED_GOODS, Kind.SOLD_EARLY, Kind.UNKNOWN_OPERATOR]
"""Kinds whose basis is that of no parameter: those say only how we measure."""


class _Loader(yaml.SafeLoader):
    """YAML whose dates and figures stay text: 20:00 without quotes is no number of base 60, and what is wrong with a
    date is said like everything else.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its parent has it
        letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":int", ":float"))]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class BadRules(ValueError):  # noqa: N818
    """The rules file can't be used: where, and what was expected."""


def _none(value: object) -> bool:
    return value in (None, "none")


def _duration(value: object) -> int | None:
    if _none(value):
        return None
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        return int(match[1]) * _UNITS[match[2]]
    raise ValueError("expected a duration (30s, 10m, 24h, 7d), or none")


def _time_of_day(value: object) -> int | None:
    if _none(value):
        return None
    if isinstance(value, str) and (match := _TIME_OF_DAY.fullmatch(value)):
        return int(match[1]) * HOUR + int(match[2]) * MINUTE
    raise ValueError('expected a time of day ("20:00"), or none')


def _count(value: object) -> int | None:
    if _none(value):
        return None
    if isinstance(value, str) and _COUNT.fullmatch(value):
        return int(value)
    raise ValueError("expected a count of days (3), or none")


def _date(value: object) -> str:
    return parse_date(str(value))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Dated(_Part):
    since: Annotated[str, BeforeValidator(_date)]
    basis: str

    @model_validator(mode="before")
    @classmethod
    def _from(cls, value: Any) -> Any:
        if isinstance(value, dict) and "from" in value:
            value = {("since" if key == "from" else key): item for key, item in value.items()}
        return value


class Value(_Dated):
    """One value of a parameter, from a date on."""

    value: int | None


class Duration(Value):
    """Milliseconds."""

    value: Annotated[int | None, BeforeValidator(_duration)]


class TimeOfDay(Value):
    """Milliseconds since midnight in Beijing."""

    value: Annotated[int | None, BeforeValidator(_time_of_day)]


class Count(Value):
    """A number of days."""

    value: Annotated[int | None, BeforeValidator(_count)]


class Ground(_Dated):
    """What a kind rests on, from a date on."""


class Requirement(_Dated):
    """What is required of a class of goods, from a date on."""

    required: tuple[Paper, ...]


D = TypeVar("D", bound=_Dated)


def _in_order(dated: tuple[Any, ...]) -> tuple[Any, ...]:
    dates = [item.since for item in dated]
    if not dates:
        raise ValueError("at least one entry with `from` is expected")
    if dates != sorted(set(dates)):
        raise ValueError("the dates of `from` must increase")
    return dated


Durations = Annotated[tuple[Duration, ...], AfterValidator(_in_order)]
TimesOfDay = Annotated[tuple[TimeOfDay, ...], AfterValidator(_in_order)]
Counts = Annotated[tuple[Count, ...], AfterValidator(_in_order)]


class _Parameters(_Part):
    papers_within: Durations
    upload_within: Durations
    settle: Durations
    skew: Durations
    cutoff: TimesOfDay
    silent_after: Counts
    activate_within: Durations
    known_within: Durations
    disinfection_by: TimesOfDay
    test_every: Durations
    first_test_within: Durations
    infectious: Durations
    day_kept: Durations
    incident_kept: Durations
    condition_kept: Durations


NAMES = tuple(_Parameters.model_fields)


class _File(_Part):
    goods: dict[str, Annotated[tuple[Requirement, ...], AfterValidator(_in_order)]]
    kinds: dict[Grounded, Annotated[tuple[Ground, ...], AfterValidator(_in_order)]]
    parameters: _Parameters
    may_void: tuple[str, ...] = ()
    holding_feeds: tuple[str, ...] = ()


def _expected(kind: str, message: str, name: str) -> str:
    """What was expected at a place, in words that are not Python's."""
    meant = get_close_matches(name, [*NAMES, *_File.model_fields], 1)
    words = {
        "extra_forbidden": "is unknown" + (f"; is {meant[0]} meant?" if meant else ""),
        "missing": "is missing",
        "model_type": "expected a mapping",
        "dict_type": "expected a mapping",
        "tuple_type": "expected a list",
    }
    return words.get(kind, message.removeprefix("Value error, "))


@dataclass(frozen=True)
class Rules:
    """The rules in force, by date."""

    content: _File

    @classmethod
    def load(cls, path: Path | None = None) -> Rules:
        """The rules file at `path`, or the one that comes with the program. BadRules says file, line and what."""
        ours = files("streams").joinpath("rules.yaml").read_text("utf-8")
        name = str(path) if path else "rules.yaml"
        try:
            text = path.read_text(encoding="utf-8") if path else ours
        except (OSError, UnicodeDecodeError) as error:
            raise BadRules(f"{name}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
        try:
            tree = yaml.load(text, _Loader)  # noqa: S506 - a safe one
            if not isinstance(tree, dict):
                raise BadRules(f"{name}:1: a rules file is a mapping of {', '.join(_File.model_fields)}")
            if isinstance(given := tree.get("kinds", {}), dict):
                tree["kinds"] = _kinds(ours) | given  # a file may name those alone that it has another basis for
            return cls(_File.model_validate(tree))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BadRules(f"{name}:{line}: {error.problem}") from None
        except ValidationError as error:
            # a name that is misspelt is missing as well: what was written is told, not what was not
            first = min(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
            where = tuple("from" if part == "since" else part for part in first["loc"])
            message = _expected(first["type"], first["msg"], str(where[-1]))
            raise BadRules(f"{name}:{_line(text, where)}: {'.'.join(map(str, where))}: {message}") from None

    @cached_property
    def goods_classes(self) -> frozenset[str]:
        """The classes of goods that a lot may have."""
        return frozenset(self.content.goods)

    @cached_property
    def may_void(self) -> frozenset[str]:
        """Sources that may void the records of others."""
        return frozenset(self.content.may_void)

    @property
    def holding_feeds(self) -> tuple[str, ...]:
        """Feeds beyond whose `complete_until` no tick goes."""
        return self.content.holding_feeds

    @cached_property
    def digest(self) -> str:
        """Equal for rules that mean the same."""
        content = orjson.dumps(self.content.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(content).hexdigest()[:16]

    @lru_cache(maxsize=4096)  # noqa: B019 - one Rules a process
    def required(self, goods: str, day: str) -> frozenset[str]:
        """What is required of a lot of this class whose first upload was on this day."""
        entry = self._requirement(goods, day)
        return frozenset(entry.required) if entry else frozenset()

    def required_basis(self, goods: str, day: str) -> str:
        """The document and clause of that requirement."""
        entry = self._requirement(goods, day)
        return entry.basis if entry else ""

    def value(self, name: str, day: str) -> int | None:
        """A parameter's value on a day; None where it is `none`, or before its first date."""
        entry = self._entry(name, day)
        return entry.value if entry else None

    def basis(self, name: str, day: str) -> str:
        """The document and clause of that value."""
        entry = self._entry(name, day)
        return entry.basis if entry else ""

    def ground(self, kind: Kind, day: str) -> str:
        """The document and clause of a kind whose parameters have none."""
        entry = _last(self.content.kinds.get(kind, ()), day)  # type: ignore[call-overload]
        return entry.basis if entry else ""

    @lru_cache(maxsize=4096)  # noqa: B019
    def values(self, names: tuple[str, ...], day: str) -> tuple[int | None, ...]:
        """Several parameters' values on a day."""
        return tuple(self.value(name, day) for name in names)

    @lru_cache(maxsize=4096)  # noqa: B019 - one Rules a process
    def _entry(self, name: str, day: str) -> Value | None:
        return _last(getattr(self.content.parameters, name), day)

    @lru_cache(maxsize=4096)  # noqa: B019
    def _requirement(self, goods: str, day: str) -> Requirement | None:
        return _last(self.content.goods.get(goods, ()), day)

    def __hash__(self) -> int:
        return id(self)


def _last(dated: tuple[D, ...], day: str) -> D | None:
    found: D | None = None
    for item in dated:
        if item.since <= day:
            found = item
    return found


@cache
def _kinds(text: str) -> dict[str, Any]:
    kinds: dict[str, Any] = yaml.load(text, _Loader)["kinds"]  # noqa: S506 - a safe one
    return kinds


def _line(text: str, where: tuple[int | str, ...]) -> int:
    """The line a path into the YAML stands at, or that of its nearest parent."""
    node = yaml.compose(text)
    line = 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == part]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
