"""Every agent is a few lines: it feeds batches, without Faust's acknowledgements."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams.app import FLOWS
from streams.engine.flow import feed


class Batches:
    def __init__(self, *values) -> None:
        self._values = values
        self.acknowledges = True

    def noack(self):
        self.acknowledges = False
        return self

    async def events(self):
        for value in self._values:
            yield SimpleNamespace(value=value)


class Engine:
    def __init__(self) -> None:
        self.fed: list = []

    async def feed(self, batch) -> None:
        self.fed.append(batch)


@pytest.mark.parametrize("agent", [feed, *(flow.agent for flow in FLOWS)])
async def test_it_feeds_every_batch_in_order_and_acknowledges_nothing(agent):
    batches, engine = Batches(1, 2, 3), Engine()
    await agent(batches, engine)
    assert engine.fed == [1, 2, 3]
    assert not batches.acknowledges


def test_a_worker_reads_the_public_topics_and_every_journal_once():
    read = [topic for flow in FLOWS for topic in flow.inputs]
    assert sorted(read) == sorted({
        "registry", "chain-uploads", "scan-events", "test-results", "field-reports",
        "staff-journal", "operator-journal", "notice-journal",
    })  # fmt: skip


def test_no_two_inputs_share_a_state_topic():
    states = [state for flow in FLOWS for state in flow.inputs.values()]
    assert len(states) == len(set(states))


def test_state_topics_are_in_the_registry_and_follow_their_input():
    from schemas.topics import load

    topics = load().root
    for flow in FLOWS:
        for source, state in flow.inputs.items():
            assert topics[state].like == source
