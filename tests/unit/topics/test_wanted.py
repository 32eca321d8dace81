"""What the registry wants of a cluster, and what is said where the cluster is otherwise."""

from __future__ import annotations

from connectors.topics.wanted import Finding, Found, Said, Wanted, compare, configs, wanted
from schemas.topics import load
from streams.settings import Commit, Settings

KAFKA = Settings(prefix="x.", partitions={"registry": 2, "operator-journal": 5})


def by_name(settings: Settings, found: dict[str, Found] | None = None) -> dict[str, Wanted]:
    return {topic.name: topic for topic in wanted(load(), settings, found)}


def said(name: str, found: Found) -> list[Said]:
    topic = by_name(KAFKA)[name]
    return list(compare([topic], {name: found}))


def test_numbers_come_from_the_settings_and_state_follows():
    topics = by_name(KAFKA)
    assert topics["x.registry"].partitions == topics["x.registry-positions"].partitions == 2
    assert topics["x.operators-state"].partitions == topics["x.alerts"].partitions == 5


def test_a_public_topic_that_has_grown_takes_its_positions_along():
    topics = by_name(KAFKA, {"x.registry": Found(9, None)})
    assert topics["x.registry"].partitions == topics["x.registry-positions"].partitions == 9


def test_a_journal_with_another_number_is_wrong_and_the_text_says_what_to_do():
    (one,) = said("x.operator-journal", Found(12, None))
    assert one.finding is Finding.OTHER_PARTITIONS
    assert one.wrong
    assert "Set `partitions` back to 12" in one.text


def test_what_follows_a_journal_may_not_grow_either():
    (one,) = said("x.alerts", Found(4, None))
    assert one.finding is Finding.OTHER_PARTITIONS


def test_a_public_topic_with_fewer_partitions_may_grow():
    (one,) = said("x.registry", Found(1, None))
    assert one.finding is Finding.FEWER


def test_a_setting_that_differs_is_named_with_both_values():
    config = configs(load().root["registry"], KAFKA) | {"message.timestamp.type": "CreateTime"}
    (one,) = said("x.registry", Found(2, config))
    assert one.finding is Finding.OTHER_SETTING
    assert one.text == "message.timestamp.type is CreateTime, LogAppendTime is wanted"


def test_what_is_as_wanted_is_said_too():
    (one,) = said("x.registry", Found(2, configs(load().root["registry"], KAFKA)))
    assert one.finding is Finding.AS_WANTED
    assert not one.wrong


def test_intake_topics_use_append_time_and_take_a_mebibyte():
    config = configs(load().root["chain-uploads"], KAFKA)
    assert config["message.timestamp.type"] == "LogAppendTime"
    assert int(config["max.message.bytes"]) > 1024 * 1024
    assert config["retention.ms"] == str(200 * 86_400_000)
    assert config["min.insync.replicas"] == "2"


def test_state_is_compacted_and_never_elected_uncleanly():
    config = configs(load().root["operators-state"], KAFKA)
    assert config["cleanup.policy"] == "compact"
    assert config["unclean.leader.election.enable"] == "false"
    assert "retention.ms" not in config


def test_under_simulated_time_stamps_are_the_writers_and_nothing_ages():
    config = configs(load().root["chain-uploads"], KAFKA.model_copy(update={"simulated": True}))
    assert config["message.timestamp.type"] == "CreateTime"
    assert config["retention.ms"] == "-1"


def test_on_the_embedded_broker_there_is_one_replica():
    topics = wanted(load(), KAFKA.model_copy(update={"commit": Commit.PLAIN}))
    assert {topic.replication for topic in topics} == {1}
    assert {topic.configs["min.insync.replicas"] for topic in topics} == {"1"}
