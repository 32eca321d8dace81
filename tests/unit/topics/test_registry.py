"""topics.yaml and how it is read: what is in it, and that a fault in such a file is said with its place."""

from __future__ import annotations

import pytest

from schemas.envelope import PUBLIC_TOPICS
from schemas.topics import BadTopics, Role, Sort, load, parse

PLAIN = """
name:
  purpose: a test
  sort: output
  key: any
  partitions: 3
  cleanup: delete
  keep: 30d
  timestamp: sent
  owner: nobody
  writers: [worker]
  readers: [views]
  personal: none
"""


def test_the_public_topics_are_the_contracts():
    registry = load()
    assert set(registry.of_sort(Sort.PUBLIC)) == set(PUBLIC_TOPICS)
    for name in PUBLIC_TOPICS:
        topic = registry.root[name]
        assert (topic.partitions, topic.timestamp, topic.key) == (12, "append", "any")
        assert topic.keep == ("for ever" if name == "registry" else "200d")


def test_every_state_topic_has_as_many_partitions_as_what_it_is_the_state_of():
    registry = load()
    for name in PUBLIC_TOPICS:
        assert registry.root[f"{name}-positions"].like == name
    following = {
        "operators-state": "operator-journal",
        "staff-state": "staff-journal",
        "routing-state": "notice-journal",
    }
    following |= {"bridge-wecom-state": "notices", "bridge-sms-state": "notices"}
    for name, leader in following.items():
        assert registry.root[name].like == leader
        assert registry.root[name].cleanup == "compact"


def test_alerts_lie_in_the_partitions_of_the_operator_journal():
    registry = load()
    for name in ("alerts", "alerts-private"):
        assert registry.partitions(name, {"operator-journal": 5}) == 5
        assert registry.partitions(name, {}) == registry.partitions("operator-journal", {})


def test_private_alerts_have_readers_of_their_own():
    registry = load()
    assert Role.SUBSCRIBER not in registry.root["alerts-private"].readers
    assert Role.SUBSCRIBER in registry.root["alerts"].readers


def test_where_people_are_it_says_what_why_how_long_and_who_reads():
    registry = load()
    for name in ("registry", "notice-journal", "notices", "alerts-private", "dead-letters", "routing-state"):
        personal = registry.root[name].personal
        assert personal is not None, name
        assert all((personal.what, personal.why, personal.how_long, personal.who_reads))


def test_retention_is_days_or_none():
    registry = load()
    assert registry.root["dead-letters"].retention == 30 * 86_400_000
    assert registry.root["registry"].retention is None
    assert registry.root["alerts"].retention is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("keep: 30d→keep: a while", "name.keep"),
        ("sort: output→sort: private", "name.sort"),
        ("partitions: 3→partitions: 0", "name.partitions"),
        ("partitions: 3→partitions: as nothing", "no topic 'nothing'"),
        ("cleanup: delete→cleanup: compact", "keep:"),
        ("sort: output→sort: journal", "timestamp:"),
        ("writers: [worker]→writers: [somebody]", "name.writers.0"),
        ("owner: nobody→", "name.owner"),
        ("owner: nobody→owner: nobody\n  colour: red", "name.colour"),
        ("name:→name: [", "not YAML"),
    ],
)
def test_a_fault_is_said_with_the_file_the_topic_and_the_field(change, said):
    before, after = change.split("→")
    with pytest.raises(BadTopics, match=r"mine\.yaml") as caught:
        parse(PLAIN.replace(before, after), name="mine.yaml")
    assert said in str(caught.value)


def test_the_plain_file_of_these_tests_is_good():
    assert parse(PLAIN).root["name"].partitions == 3
