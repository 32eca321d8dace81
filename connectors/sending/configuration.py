"""Recognises configuration files (rules, topics, settings, EPCIS partners), each checked as the program reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.epcis.partner import BadPartner, Partner, load_partner
from connectors.sending.files import Unusable
from schemas import topics
from streams.parameters import BadRules, Rules
from streams.settings import Settings, faults


def is_configuration(name: str) -> bool:
    """YAML, by its name."""
    return name.endswith((".yaml", ".yml"))


def check(name: str) -> tuple[str, list[str]]:
    """What the file is (`rules`, `topics`, `settings`, `partner`), and what is wrong in which line."""
    path = Path(name)
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{name}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
    try:
        tree: Any = yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return "YAML", [f"{name}:{mark.line + 1 if mark else 1}: {getattr(error, 'problem', error)}"]
    if not isinstance(tree, dict) or not tree:
        return "YAML", [f"{name}:1: a mapping is expected: rules, topics, settings, or an EPCIS partner's file"]
    return _check(path, content, tree)


def _check(path: Path, content: str, tree: dict[str, Any]) -> tuple[str, list[str]]:
    if "parameters" in tree:
        return "rules", _said(lambda: Rules.load(path), BadRules)
    if any(isinstance(entry, dict) and {"sort", "cleanup", "partitions"} & entry.keys() for entry in tree.values()):
        problems = _said(lambda: topics.parse(content, name=str(path)), topics.BadTopics)
        return "topics", [_with_line(path, content, problem) for problem in problems]
    if tree.keys() <= Partner.model_fields.keys() and not tree.keys() <= {"goods"}:
        return "partner", _said(lambda: load_partner(path), BadPartner)
    if "goods" in tree:
        return "rules", _said(lambda: Rules.load(path), BadRules)
    return "settings", _settings(path, content, tree)


def _said(load: Any, bad: type[Exception]) -> list[str]:
    try:
        load()
    except bad as error:
        return str(error).splitlines()
    return []


def _settings(path: Path, content: str, tree: dict[str, Any]) -> list[str]:
    """As the program would read it, but for the environment: the file alone is judged."""
    try:
        Settings.model_validate(tree)
    except ValidationError as error:
        return [f"{path}:{_line(content, list(place))}: {'.'.join(place)}: {said}" for place, said in faults(error)]
    return []


def _with_line(path: Path, content: str, problem: str) -> str:
    """`file: a.b: what` → `file:line: a.b: what`."""
    where = problem.removeprefix(f"{path}: ").split(":", 1)[0]
    return f"{path}:{_line(content, where.split('.'))}: {problem.removeprefix(f'{path}: ')}"


def _line(content: str, where: list[str]) -> int:
    """The line at which a path of keys stands, or the nearest that does."""
    node, line = yaml.compose(content), 1
    for part in where:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                node, line = value, key.start_mark.line + 1
                break
        else:
            break
    return line
