"""What a process asks before it starts, of brokers that may not yet know what there is."""

from __future__ import annotations

import pytest

from connectors.topics import cluster
from connectors.topics.wanted import Finding, Said
from streams.settings import Settings

MISSING = Said("registry", Finding.MISSING, "does not exist")
OTHER = Said("operator-journal", Finding.OTHER_PARTITIONS, "has 3 partitions, 12 are wanted")
DIFFERS = Said("registry", Finding.OTHER_SETTING, "retention.ms is 5, -1 is wanted")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[list[Said]]:
    """What is found, look by look; the last one for ever."""
    found: list[list[Said]] = []

    async def check(_settings: Settings) -> list[Said]:
        return found.pop(0) if len(found) > 1 else found[0]

    monkeypatch.setattr(cluster, "check", check)
    return found


async def test_topics_that_seem_to_be_missing_for_a_moment_are_no_reason_to_refuse(answers):
    answers += [[MISSING], []]
    await cluster.refuse_other(Settings())
    assert answers == [[]]


async def test_topics_that_stay_missing_are_refused_with_what_to_do(answers):
    answers += [[MISSING]]
    with pytest.raises(cluster.Refused, match="lianfang topics"):
        await cluster.refuse_other(Settings(), patience=0.0)


async def test_another_number_of_partitions_is_refused(answers):
    answers += [[OTHER]]
    with pytest.raises(cluster.Refused, match="operator-journal: has 3 partitions"):
        await cluster.refuse_other(Settings(), patience=0.0)


async def test_a_setting_that_differs_keeps_nobody_from_starting(answers):
    answers += [[DIFFERS]]
    await cluster.refuse_other(Settings(), patience=0.0)
