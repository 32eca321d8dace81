"""How every client of ours reaches Kafka: address, security, names under the prefix. Not how anything is committed."""

from __future__ import annotations

import ssl
from typing import Any

from streams.settings import Settings


def client_options(settings: Settings) -> dict[str, Any]:
    """What every aiokafka client (consumer, producer, admin) of this process is opened with."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.startswith("SASL"):
        password = settings.sasl_password
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": password.get_secret_value() if password is not None else None,
        }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    return options


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    """The certificate authority, and the certificate of this process where brokers ask for one."""
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    if settings.ssl_certfile is not None:
        context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
    return context


def words_of(error: BaseException) -> str:
    """What an error says, with its name once: Kafka's say theirs themselves, others do not."""
    name, said = type(error).__name__, str(error)
    return said if name in said else f"{name}: {said}" if said else name


def group_id(settings: Settings) -> str:
    """The consumer group of the workers. A drill under another prefix has its own."""
    return settings.prefix + settings.group
