"""docker/: each command, option, port, variable, path and metric that stands there exists in the program."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from streams import metrics
from streams.health import Health
from streams.settings import Settings
from tests.house.tree import ROOT, command, source

DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("lianfang")}
LASTING = {name: service for name, service in OURS.items() if name not in ("topics", "sandbox")}
ALARMS = [rule for group in yaml.safe_load((DOCKER / "alarms.yml").read_text())["groups"] for rule in group["rules"]]
RECEIPTS = SERVICES["bridge-sms"]["environment"]
PROBE = re.compile(r"https?://[\d.a-z]+:(\d+)(/[\w/-]*)")


def served() -> set[str]:
    app = Health()._app()
    return {resource.canonical for resource in app.router.resources()}


@pytest.mark.parametrize("name", OURS)
def test_each_command_and_option_exists(name):
    assert command(OURS[name]["command"]) is None


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_a_setting_and_has_a_value_it_takes(name, monkeypatch):
    for variable, value in OURS[name]["environment"].items():
        assert variable.startswith("LIANFANG_")
        assert variable.removeprefix("LIANFANG_").lower() in Settings.model_fields
        monkeypatch.setenv(variable, re.sub(r"\$\{\w+:-(.*)\}$", r"\1", value))
    assert Settings().bootstrap == "kafka-1:9092,kafka-2:9092,kafka-3:9092"


@pytest.mark.parametrize("name", LASTING)
def test_each_process_is_asked_whether_it_is_ready_at_the_port_and_path_it_serves(name):
    port, path = PROBE.search(" ".join(LASTING[name]["healthcheck"]["test"])).groups()
    assert port == LASTING[name]["environment"]["LIANFANG_HTTP_PORT"]
    assert path == "/readyz"
    assert path in served()


def test_the_sandbox_is_a_profile_and_is_asked_and_published_at_the_port_it_listens_on():
    sandbox = SERVICES["sandbox"]
    assert sandbox["profiles"] == ["sandbox"]
    port = sandbox["command"][sandbox["command"].index("--port") + 1]
    assert PROBE.search(" ".join(sandbox["healthcheck"]["test"]))[1] == port
    assert sandbox["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_sandbox_pushes_receipts_to_where_the_sms_bridge_takes_them():
    words = SERVICES["sandbox"]["command"]
    assert words[words.index("--report") + 1] == f"http://bridge-sms:{RECEIPTS['LIANFANG_SMS_RECEIPTS_PORT']}/receipts"
    assert '"/receipts"' in source(ROOT / "connectors/bridges/receipts.py")


def test_every_lasting_process_of_the_program_runs_and_workers_are_two():
    words = {" ".join(service["command"]) for service in LASTING.values()}
    assert words == {"worker", "clock", "views", "bridge wecom", "bridge sms"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


def test_three_brokers_keep_three_copies_and_accept_with_two_as_the_settings_want():
    brokers = [service for name, service in SERVICES.items() if name.startswith("kafka-")]
    settings = Settings()
    assert len(brokers) == settings.replication == 3
    for broker in brokers:
        environment = broker["environment"]
        assert int(environment["KAFKA_DEFAULT_REPLICATION_FACTOR"]) == settings.replication
        assert int(environment["KAFKA_MIN_INSYNC_REPLICAS"]) == settings.min_isr
        assert int(environment["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"]) == settings.min_isr
        assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
        assert environment["KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE"] == "false"
        ports = re.findall(r":(\d+)(?:,|$)", environment["KAFKA_LISTENERS"])
        assert {"9092", "9093"} < set(ports)
        assert broker["ports"][0].rsplit(":", 1)[1] in ports
    assert len({broker["environment"]["KAFKA_NODE_ID"] for broker in brokers}) == 3


def test_every_service_has_a_health_check_or_runs_once():
    without = [name for name, service in SERVICES.items() if not service.get("healthcheck", {}).get("test")]
    assert without == ["topics"]
    assert SERVICES["topics"]["restart"] == "no"


def test_whom_a_service_waits_for_and_where_it_keeps_things_exist():
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service.get("volumes", []):
            outside = volume.split(":")[0]
            assert outside in COMPOSE["volumes"] or (DOCKER / outside).is_file()


def test_the_image_is_made_of_what_is_in_the_tree_with_hashes():
    text = (DOCKER / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
    assert "--require-hashes -r requirements.lock" in text
    assert command(yaml.safe_load(re.search(r"^CMD (.+)$", text, re.MULTILINE)[1])) is None
    for variable in re.findall(r"LIANFANG_(\w+)=", text):
        assert variable.lower() in Settings.model_fields


def test_prometheus_asks_the_processes_at_the_port_they_serve():
    config = yaml.safe_load((DOCKER / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    (target,) = job["dns_sd_configs"]
    assert set(target["names"]) == set(LASTING)
    assert {str(target["port"])} == {service["environment"]["LIANFANG_HTTP_PORT"] for service in LASTING.values()}
    assert "/metrics" in served()
    assert config["rule_files"] == ["alarms.yml"]


def known() -> dict[str, Metric]:
    """Every name that Prometheus will know → its metric."""
    found = {}
    for metric in metrics.REGISTRY.collect():
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(metric.type, [""])
        found |= {metric.name + ending: metric for ending in endings}
    return found


def vocabulary(name: str, label: str) -> frozenset[str] | None:
    """The words that a label of a metric may be; None if it is open."""
    ours = [one for one in vars(metrics).values() if isinstance(one, metrics._Closed)]
    (metric,) = [one for one in ours if one.metric.describe()[0].name == name]
    return metric._words[label]


@pytest.mark.parametrize("rule", ALARMS, ids=lambda rule: rule["alert"])
def test_each_alarm_reads_metrics_and_labels_that_exist_and_stands_in_the_runbook(rule):
    for name, labels in re.findall(r"\b((?:lianfang|process)_\w+)(?:\{([^}]*)\})?", rule["expr"]):
        assert name in known(), name
        for label, value in re.findall(r'(\w+)!?="([^"]*)"', labels):
            if label in ("process", "job"):
                continue  # Prometheus' own
            words = vocabulary(known()[name].name, label)
            assert words is None or value in words, f"{label}={value}"
    assert rule["annotations"]["summary"]
    assert f"### {rule['alert']}\n" in (ROOT / "docs" / "runbook.md").read_text()


class Container:
    """The entrypoint with a program in place of `lianfang` that does what a test wants."""

    def __init__(self, folder: Path, script: str) -> None:
        program = folder / "lianfang"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        self.env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [DOCKER / "entrypoint.sh", *words],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.mark.parametrize("code", [0, 1, 70])
def test_the_container_ends_as_the_process_did(tmp_path, code):
    process = Container(tmp_path, f"exit {code}").start("worker")
    process.communicate(timeout=60)
    assert process.returncode == code


def test_a_signal_reaches_the_process_and_its_own_exit_code_counts(tmp_path):
    process = Container(tmp_path, "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done").start("worker")
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "bye\n")


@pytest.mark.parametrize("code", [2, 78])
def test_after_exits_that_a_fresh_process_cannot_help_the_container_stays_and_says_so(tmp_path, code):
    process = Container(tmp_path, f"exit {code}").start("worker")
    assert "runbook" in process.stderr.readline()
    time.sleep(0.2)  # it must stay: there is nothing to wait for
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == code
