"""The access rules that each role needs, read off the registry; Kafka enforces them, this only says them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.topics import Registry, Role, Sort
from streams.kafka import group_id
from streams.settings import Settings

_BRIDGES = (Role.BRIDGE_WECOM, Role.BRIDGE_SMS)


@dataclass(frozen=True, slots=True)
class Rule:
    """`role` may do `operation` on a resource. `pattern` is literal or prefixed."""

    role: Role
    operation: str
    resource: str
    name: str
    pattern: str
    why: str


def rules(registry: Registry, settings: Settings) -> list[Rule]:
    """All rules, by role; nobody has more than it reads and writes."""
    found: list[Rule] = []
    for name, topic in registry.root.items():
        full = settings.prefix + name
        for role in topic.readers:
            found += [Rule(role, op, "topic", full, "literal", topic.purpose) for op in ("READ", "DESCRIBE")]
        for role in topic.writers:
            found += [Rule(role, op, "topic", full, "literal", topic.purpose) for op in ("WRITE", "DESCRIBE")]
    found += _beyond_topics(registry, settings)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda rule: (list(Role).index(rule.role), rule.resource, rule.name, rule.operation))


def _beyond_topics(registry: Registry, settings: Settings) -> Iterator[Rule]:
    group = group_id(settings)
    yield Rule(Role.WORKER, "READ", "group", group, "literal", "partitions are shared out in this group")
    yield Rule(Role.CLOCK, "DESCRIBE", "group", group, "literal", "a tick waits for what the group has committed")
    for name in registry.root:
        if Role.WORKER in registry.root[name].readers:
            yield Rule(Role.CLOCK, "DESCRIBE", "topic", settings.prefix + name, "literal", "a tick waits for its end")
    for name, topic in registry.root.items():
        full = settings.prefix + name
        for operation in ("CREATE", "ALTER", "DESCRIBE", "DESCRIBE_CONFIGS"):
            yield Rule(
                Role.OPERATIONS, operation, "topic", full, "literal", "`lianfang topics` creates and compares it"
            )
        if topic.like is not None and registry.root[topic.like].sort is Sort.PUBLIC:
            yield Rule(Role.WORKER, "ALTER", "topic", full, "literal", "it grows with its public topic")
    for operation in ("WRITE", "DESCRIBE"):
        yield Rule(Role.WORKER, operation, "transactional-id", f"{group}-", "prefixed", "one producer a partition")
        for role in _BRIDGES:
            yield Rule(role, operation, "transactional-id", f"{group}-{role}-", "prefixed", "intent and outcome")
    for role in (*_BRIDGES, Role.VIEWS):
        yield Rule(role, "READ", "group", f"{group}-{role}", "prefixed", "its place in what it reads")


def command(rule: Rule, bootstrap: str) -> str:
    """The rule as a line for Kafka's own tool; the principal of a role is `User:lianfang-ROLE`."""
    pattern = " --resource-pattern-type prefixed" if rule.pattern == "prefixed" else ""
    return (
        f"kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal User:lianfang-{rule.role}"
        f" --operation {rule.operation} --{rule.resource} {rule.name}{pattern}"
    )
