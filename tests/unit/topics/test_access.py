"""The access rules: nobody may more than it needs."""

from __future__ import annotations

from connectors.topics.access import Rule, command, rules
from schemas.topics import Role, load
from streams.settings import Settings

SETTINGS = Settings(prefix="x.")


def may(role: Role, operation: str) -> set[str]:
    return {rule.name for rule in rules(load(), SETTINGS) if rule.role is role and rule.operation == operation}


def test_upstream_writes_the_public_topics_and_reads_nothing():
    assert may(Role.UPSTREAM, "WRITE") == {
        f"x.{name}" for name in load().root if "upstream" in load().root[name].writers
    }
    assert may(Role.UPSTREAM, "READ") == set()


def test_private_alerts_are_read_by_views_and_approved_subscribers_only():
    readers = {
        rule.role for rule in rules(load(), SETTINGS) if rule.name == "x.alerts-private" and rule.operation == "READ"
    }
    assert readers == {Role.VIEWS, Role.PRIVATE_SUBSCRIBER}


def test_the_clock_writes_journals_and_its_probe_and_asks_what_the_workers_have_committed():
    assert may(Role.CLOCK, "WRITE") == {
        f"x.{n}" for n in ("operator-journal", "staff-journal", "notice-journal", "clock-probe")
    }
    assert "x.lianfang" in may(Role.CLOCK, "DESCRIBE")
    assert "x.scan-events" in may(Role.CLOCK, "DESCRIBE")


def test_transactional_ids_are_the_workers_and_the_bridges():
    roles = {rule.role for rule in rules(load(), SETTINGS) if rule.resource == "transactional-id"}
    assert roles == {Role.WORKER, Role.BRIDGE_WECOM, Role.BRIDGE_SMS}


def test_a_rule_is_a_line_for_kafkas_own_tool():
    rule = Rule(Role.WORKER, "WRITE", "transactional-id", "x.lianfang-", "prefixed", "")
    assert command(rule, "b:9092") == (
        "kafka-acls.sh --bootstrap-server b:9092 --add --allow-principal User:lianfang-worker"
        " --operation WRITE --transactional-id x.lianfang- --resource-pattern-type prefixed"
    )
