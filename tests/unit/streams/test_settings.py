"""Settings: the environment beats the file, what is passed beats both, what nobody knows is an error."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from streams.settings import BadSettings, Commit, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("LIANFANG_"):
            monkeypatch.delenv(name)


def test_the_defaults_promise_what_the_contract_does():
    settings = Settings()
    assert settings.commit is Commit.TRANSACTIONS
    assert (settings.replication, settings.min_isr) == (3, 2)
    assert settings.prefix == ""
    assert not settings.drill


def test_a_session_is_shorter_than_a_rebalance():
    """Else a worker that hangs would hold up the group that waits for it."""
    assert Settings().session_timeout < Settings().rebalance_timeout


def test_the_environment_sets_a_value(monkeypatch):
    monkeypatch.setenv("LIANFANG_BOOTSTRAP", "kafka-1:9092,kafka-2:9092")
    monkeypatch.setenv("LIANFANG_PARTITIONS", '{"registry": 3}')
    settings = Settings()
    assert settings.bootstrap == "kafka-1:9092,kafka-2:9092"
    assert settings.partitions == {"registry": 3}


@pytest.mark.parametrize("url", ["redis://", "rediss://:word@redis.example:6380/1", "unix:///run/redis.sock?db=2"])
def test_a_store_is_named_by_its_url(url):
    assert Settings(redis=url).redis == url


@pytest.mark.parametrize("url", ["", "foo", "localhost:6379", "http://geheim@redis", "redis://:geheim@redis:geheim"])
def test_what_is_no_url_of_a_store_is_refused_and_not_repeated(url):
    with pytest.raises(ValidationError) as refused:
        Settings(redis=url)
    assert "expected a URL" in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_the_environment_beats_the_file_and_what_is_passed_beats_both(monkeypatch, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("bootstrap: from-file:9092\ncounty: '330106'\ntick: 30\n")
    monkeypatch.setenv("LIANFANG_SETTINGS", str(file))
    monkeypatch.setenv("LIANFANG_BOOTSTRAP", "from-environment:9092")
    settings = Settings(tick=5)
    assert (settings.bootstrap, settings.county, settings.tick) == ("from-environment:9092", "330106", 5)


def test_a_name_that_is_no_setting_is_an_error_in_the_file(monkeypatch, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("bootstarp: typo:9092\n")
    monkeypatch.setenv("LIANFANG_SETTINGS", str(file))
    with pytest.raises(ValidationError, match="bootstarp"):
        Settings()


def test_a_secret_is_not_shown():
    settings = Settings(sasl_password="open-sesame", sms_access_secret="open-too")
    assert "open" not in repr(settings)


def test_a_variable_that_is_no_setting_is_an_error_and_one_of_the_tests_is_none(monkeypatch):
    monkeypatch.setenv("LIANFANG_TEST_ANYTHING", "1")
    monkeypatch.setenv("LIANFANG_PARTITIONS__registry", "3")
    assert Settings().partitions == {"registry": 3}
    monkeypatch.setenv("LIANFANG_PREFX", "drill-")
    with pytest.raises(BadSettings, match=r"LIANFANG_PREFX: is no setting; is LIANFANG_PREFIX meant\?"):
        Settings()


@pytest.mark.parametrize("content", [None, "- a\n", "a: [\n"], ids=["not there", "a list", "broken"])
def test_a_file_that_can_not_be_read_is_an_error(content, monkeypatch, tmp_path):
    file = tmp_path / "settings.yaml"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("LIANFANG_SETTINGS", str(file))
    with pytest.raises(BadSettings, match=r"settings\.yaml"):
        Settings()


@pytest.mark.parametrize("brokers", ["k:9092", "127.0.0.1:1,broker-2.example:65535", "[::1]:9092", "a:1, b:2"])
def test_brokers_are_named_by_host_and_port(brokers):
    assert Settings(bootstrap=brokers).bootstrap == brokers


@pytest.mark.parametrize("brokers", ["", "foo", "foo:bar", ":9092", "k:0", "k:99999", "k:9092,", "[::1]:x"])
def test_what_names_no_broker_is_refused_where_settings_are_read(brokers):
    with pytest.raises(ValidationError, match="HOST:PORT"):
        Settings(bootstrap=brokers)
