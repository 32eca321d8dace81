"""Settings of every process: environment variables `LIANFANG_…`, or a YAML file named by `LIANFANG_SETTINGS`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

PREFIX = "LIANFANG_"
FILE = "LIANFANG_SETTINGS"
"""The variable that names a file of settings."""
TESTS = "LIANFANG_TEST_"
"""What begins so is the tests' own, and no setting."""
REDIS = ("redis://", "rediss://", "unix://")
"""How the URL of a store begins."""


class BadSettings(ValueError):  # noqa: N818
    """The environment, or the file it names, can't be used; each line says what."""


class Commit(StrEnum):
    """How a unit of work reaches Kafka."""

    TRANSACTIONS = "transactions"
    PLAIN = "plain"  # the embedded broker has no transactions; promises nothing across a crash of the broker


class Settings(BaseSettings):
    """What differs between one installation and the next. Durations are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="LIANFANG_",
        env_nested_delimiter="__",
        extra="forbid",
        hide_input_in_errors=True,  # what is wrong may hold a password
    )

    # Kafka
    bootstrap: str = "127.0.0.1:9092"
    prefix: str = ""
    group: str = "lianfang"
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "PLAIN"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    commit: Commit = Commit.TRANSACTIONS
    replication: int = 3
    min_isr: int = 2
    partitions: dict[str, int] = Field(
        default_factory=dict, description="topic → number, instead of topics.yaml's", examples=['{"registry": 3}']
    )
    session_timeout: float = 8.0
    rebalance_timeout: float = 20.0
    fetch_wait_ms: int = 50
    linger: float = 0.02
    internal_errors: int = Field(100, ge=1, description="records that our own rules may break on before a worker stops")

    # the clock
    tick: float = 60.0
    grace: float = 5.0
    simulated: bool = False  # demo and replay: time is what the driver says it is, carried by message timestamps

    # what the district is
    rules: Path | None = None  # None: the rules file that comes with the program
    county: str = "330111"
    drill: bool = False

    # who is told through what
    wecom_url: str = "https://qyapi.weixin.qq.com"
    sms_url: str = "https://dysmsapi.aliyuncs.com"
    sms_sign_name: str = "联防"
    sms_access_key: str | None = None
    sms_access_secret: SecretStr | None = None
    sms_templates: dict[str, str] = Field(
        default_factory=dict, description="our template → the provider's code for it", examples=['{"LF_ONE": "SMS_1"}']
    )
    # where the provider pushes receipts to: /receipts on http_host; 0: nowhere
    sms_receipts_port: int = Field(0, ge=0, le=65_535)

    # views, metrics, logs
    redis: str = "redis://127.0.0.1:6379/0"
    http_host: str = "127.0.0.1"
    http_port: int = Field(0, ge=0, le=65_535)  # metrics, /healthz and /readyz; 0: none
    log_format: str = "auto"  # json | console | auto: console on a terminal
    log_level: str = "info"

    @field_validator("bootstrap")
    @classmethod
    def _are_brokers(cls, text: str) -> str:
        """The client would raise its own error, each time it connects."""
        for broker in text.split(","):
            host, _, port = broker.strip().rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
                raise ValueError("expected brokers as HOST:PORT, separated by commas")
        return text

    @field_validator("redis")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        """Told here, once, in words that do not repeat it: it may hold a password."""
        if not url.startswith(REDIS):
            raise ValueError(f"expected a URL that begins with {', '.join(REDIS[:-1])} or {REDIS[-1]}")
        try:
            _ = urlsplit(url).port
        except ValueError:
            raise ValueError("expected a URL whose host and port can be read, like redis://HOST:6379/0") from None
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed beats the environment, the environment beats the file. BadSettings."""
        refuse_unknown(os.environ)  # read at construction, so that a test may set it
        return init_settings, _Environment(settings_cls), _file(settings_cls, os.environ.get(FILE))


class _Environment(EnvSettingsSource):
    """What is no JSON where a mapping is expected is judged like any other wrong value."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def _file(settings: type[BaseSettings], path: str | None) -> YamlConfigSettingsSource:
    if path and not Path(path).is_file():
        raise BadSettings(f"{FILE}: there is no file {path}")
    try:
        return YamlConfigSettingsSource(settings, yaml_file=Path(path) if path else None)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, TypeError) as error:
        raise BadSettings(f"{FILE}: {path} can't be read as settings: {' '.join(str(error).split())}") from None


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """BadSettings if a variable looks like a setting and is none: its writer believes that it counts."""
    ours = [name.upper() for name in environment if name.upper().startswith(PREFIX)]
    unknown = [
        f"{name}: is no setting{_nearest(setting)}"
        for name in ours
        if name != FILE and not name.startswith(TESTS) and (setting := _setting(name)) not in Settings.model_fields
    ]
    if unknown:
        raise BadSettings("\n".join(unknown))


def _setting(variable: str) -> str:
    return variable.removeprefix(PREFIX).split("__")[0].lower()


def _nearest(name: str) -> str:
    found = get_close_matches(name, [*Settings.model_fields, "settings"], 1)
    return f"; is {PREFIX}{found[0].upper()} meant?" if found else ""


def faults(error: ValidationError) -> Iterator[tuple[tuple[str, ...], str]]:
    """Of each wrong value its place, and what was expected there."""
    for fault in error.errors(include_url=False, include_input=False):
        yield tuple(map(str, fault["loc"])), _expected(fault["type"], fault)


def _expected(kind: str, fault: Mapping[str, Any]) -> str:
    field = Settings.model_fields.get(str(fault["loc"][0])) if fault["loc"] else None
    words = {
        "extra_forbidden": "is no setting",
        "dict_type": f"expected a mapping, such as {((field and field.examples) or ['{}'])[0]}",
        "int_parsing": "expected a whole number",
        "float_parsing": "expected a number",
        "bool_parsing": "expected true or false",
        "enum": f"expected {fault.get('ctx', {}).get('expected')}",
    }
    return words.get(kind, str(fault["msg"]).removeprefix("Value error, "))
