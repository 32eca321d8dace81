"""Settings of every process: environment variables `LIANFANG_…`, or a YAML file named by `LIANFANG_SETTINGS`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)


class Commit(StrEnum):
    """How a unit of work reaches Kafka."""

    TRANSACTIONS = "transactions"
    PLAIN = "plain"  # the embedded broker has no transactions; promises nothing across a crash of the broker


class Settings(BaseSettings):
    """What differs between one installation and the next. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="LIANFANG_", env_nested_delimiter="__", extra="forbid")

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
    partitions: dict[str, int] = Field(default_factory=dict, description="topic → number, instead of topics.yaml's")
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
    sms_templates: dict[str, str] = Field(default_factory=dict, description="our template → the provider's code for it")
    sms_receipts_port: int = 0  # where the provider pushes receipts to: /receipts on http_host; 0: nowhere

    # views, metrics, logs
    redis: str = "redis://127.0.0.1:6379/0"
    http_host: str = "127.0.0.1"
    http_port: int = 0  # metrics, /healthz and /readyz; 0: none
    log_format: str = "auto"  # json | console | auto: console on a terminal
    log_level: str = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed beats the environment, the environment beats the file."""
        import os  # noqa: PLC0415 - read at construction, so that a test may set it

        path = os.environ.get("LIANFANG_SETTINGS")
        file = YamlConfigSettingsSource(settings_cls, yaml_file=Path(path) if path else None)
        return init_settings, env_settings, file
