"""The options on which the promises rest are set on every client."""

from __future__ import annotations

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED

from streams.engine import clients
from streams.settings import Commit, Settings

SASL = Settings(
    bootstrap="k:9092", security_protocol="SASL_PLAINTEXT", sasl_username="u", sasl_password="p",
    session_timeout=8.0, rebalance_timeout=20.0, fetch_wait_ms=50,
)  # fmt: skip


async def test_a_group_consumer_never_commits_nor_resets_by_itself_and_sees_only_what_was_committed():
    consumer = clients.group_consumer(SASL, "g")
    assert consumer._enable_auto_commit is False
    assert consumer._auto_offset_reset == "none"
    assert consumer._isolation_level == "read_committed"
    assert consumer._group_id == "g"
    assert consumer._fetch_max_wait_ms == 50


async def test_a_group_consumer_beats_four_times_a_session():
    consumer = clients.group_consumer(SASL, "g")
    assert consumer._session_timeout_ms == 8000
    assert consumer._heartbeat_interval_ms == 2000
    assert consumer._rebalance_timeout_ms == 20000


@pytest.mark.parametrize(("committed", "level"), [(True, READ_COMMITTED), (False, READ_UNCOMMITTED)])
async def test_a_state_reader_is_in_no_group(committed, level):
    reader = clients.state_reader(SASL, committed=committed)
    assert reader._group_id is None
    assert reader._isolation_level == {READ_COMMITTED: "read_committed", READ_UNCOMMITTED: "read_uncommitted"}[level]


async def test_a_transactional_producer_waits_for_all_replicas_and_is_cut_off_before_readers_wait_long():
    producer = clients.transactional_producer(SASL, "g-journal-3")
    manager = producer._txn_manager
    assert manager.transactional_id == "g-journal-3"
    assert manager.transaction_timeout_ms == 10_000
    assert producer._sender._acks == -1
    assert producer._sender._retry_backoff == 0.01


async def test_a_plain_producer_is_not_idempotent_because_the_embedded_broker_refuses():
    producer = clients.plain_producer(SASL)
    assert producer._txn_manager is None
    assert producer._sender._acks == -1


@pytest.mark.parametrize("commit", Commit)
async def test_fausts_own_producer_starts_on_either_broker(commit):
    producer = clients.faust_producer(SASL.model_copy(update={"commit": commit}))
    assert (producer._txn_manager is not None) is (commit is Commit.TRANSACTIONS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: clients.group_consumer(SASL, "g")._client,
        lambda: clients.state_reader(SASL, committed=True)._client,
        lambda: clients.transactional_producer(SASL, "id").client,
        lambda: clients.plain_producer(SASL).client,
        lambda: clients.faust_producer(SASL).client,
    ],
)
async def test_every_client_reaches_kafka_in_the_one_way_of_the_settings(make):
    client = make()
    assert client._bootstrap_servers == "k:9092"
    assert client._security_protocol == "SASL_PLAINTEXT"
    assert (client._sasl_plain_username, client._sasl_plain_password) == ("u", "p")
