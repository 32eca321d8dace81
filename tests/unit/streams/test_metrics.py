"""Metrics: each begins with `lianfang_`, labels are closed, counters of kinds are there before anything happens."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from schemas.alerts import Kind
from schemas.reasons import Reason, Verdict
from streams import metrics


def shown(name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The samples of one name as a scraper sees them: sorted labels → value."""
    families = text_string_to_metric_families(generate_latest(metrics.REGISTRY).decode())
    return {tuple(sorted(s.labels.items())): s.value for family in families for s in family.samples if s.name == name}


def test_every_metric_of_ours_has_the_prefix_a_help_text_and_a_unit_or_total():
    ours = [m for m in metrics.REGISTRY.collect() if not m.name.startswith(("process_", "python_"))]
    assert len(ours) > 10
    for metric in ours:
        assert metric.name.startswith("lianfang_")
        assert len(metric.documentation) > 10
        assert metric.documentation.endswith(".")


def test_alerts_of_every_kind_and_change_are_shown_before_the_first_one():
    labels = set(shown("lianfang_alerts_total"))
    assert labels == {(("change", c), ("kind", k)) for c in metrics.Change for k in Kind}


def test_dead_letters_of_every_reason_are_shown_before_the_first_one():
    assert set(shown("lianfang_dead_letters_total")) == {(("reason", reason),) for reason in Reason}


def test_notices_of_every_channel_and_outcome_are_shown_before_the_first_one():
    assert (("channel", "sms"), ("outcome", "unknown")) in shown("lianfang_notices_total")


def test_a_type_nobody_knows_is_counted_as_unknown_so_a_sender_cannot_make_time_series():
    for number in range(50):
        metrics.RECORDS.labels(topic="registry", type=f"made.up-{number}", verdict=Verdict.REFUSED).inc()
    types = {dict(labels)["type"] for labels in shown("lianfang_records_total")}
    assert not any(name.startswith("made.up") for name in types)
    labels = (("topic", "registry"), ("type", "unknown"), ("verdict", "refused"))
    assert shown("lianfang_records_total")[labels] == 50


def test_a_label_that_is_left_out_is_an_error_not_a_series_of_its_own():
    with pytest.raises(KeyError):
        metrics.ALERTS.labels(kind=Kind.POSITIVE)


def test_the_ledger_of_a_partition_has_what_came_in_and_what_became_of_it():
    for verdict in ("in", *Verdict):
        metrics.LEDGER.labels(topic="operator-journal", partition=3, verdict=verdict).inc()
    ours = {dict(key)["verdict"] for key in shown("lianfang_ledger_total") if dict(key)["partition"] == "3"}
    assert ours == {"in", "applied", "refused", "duplicate"}


def test_a_revoked_partition_is_told_no_longer():
    for level in (metrics.LAG, metrics.ROWS, metrics.ROW_BYTES):
        level.labels(flow="operators", partition=7).set(5)
    metrics.forget_partition("operators", 7)
    metrics.forget_partition("operators", 8)  # one that was never told
    for name in ("lag_records", "rows", "row_bytes"):
        assert (("flow", "operators"), ("partition", "7")) not in shown(f"lianfang_{name}")


def test_the_clock_is_held_by_one_thing_at_a_time():
    metrics.clock_held("intake")
    assert {dict(k)["by"] for k, value in shown("lianfang_clock_held").items() if value} == {"intake"}
    metrics.clock_held(None)
    assert {dict(k)["by"] for k, value in shown("lianfang_clock_held").items() if value} == {"none"}


def test_the_promised_delays_are_borders_of_buckets():
    """p50 ≤ 0.5 s and p99 ≤ 2 s can be read off without interpolation, and so can the law's two hours."""
    assert {0.5, 2, 7200} <= set(metrics.TICKS)
