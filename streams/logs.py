"""Logs: one line a decision, on standard error; JSON in production, readable in a terminal. Nobody's name or phone.

`configure` is called once by each command; everything else calls `get(__name__)` and says an event and its ids:
`log.info("alert", alert=id, kind=kind, operator=operator, change="begun")`. The event is a word or two that never
varies, what varies are keys. Faust, mode and aiokafka log through the same handler: start `faust.Worker` (or
`mode.Worker`) with `override_logging=False`, else it puts its own handlers in place of these. Rules don't log (law 1).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
PERSONAL = frozenset(
    {"name", "phone", "mobile", "address", "recipient_name", "id_card", "text", "content", "note", "data", "raw"}
    | {"value", "payload", "body", "touser", "phonenumbers", "templateparam", "phone_number", "phone_numbers"}
)
"""Keys whose value may be a person's, or a whole message that may hold one. Their value is never written."""
SECRET = frozenset(
    {"password", "secret", "token", "access_token", "key_secret", "sasl_password", "authorization", "key"}
)
"""Keys that open doors: a group robot's `key` is its whole password."""
_NUMBERS = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
_QUERY = re.compile(r"(?i)\b(key|access_token|secret|sign|password)=[^&\s\"']+")
QUIET = ("faust", "mode", "aiokafka", "asyncio", "aiohttp.access")
"""Libraries that are heard from warnings on, unless the level is debug."""


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _QUERY.sub(rf"\1={MASK}", _NUMBERS.sub(MASK, value))
    if isinstance(value, Mapping):
        return {key: MASK if _hidden(key) else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return value


def _hidden(key: object) -> bool:
    return str(key).lower() in PERSONAL | SECRET


def mask(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take out what is a person's or opens a door: by key at any depth, mobile and identity-card numbers anywhere."""
    return {key: MASK if _hidden(key) else _clean(item) for key, item in event.items()}


def _shared(process: str) -> list[Processor]:
    def named(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """In every line of every thread; what is bound to a context is not."""
        return {"process": process, **event} if process else event

    return [
        named,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def _renderer(form: str, stream: TextIO) -> Processor:
    if form == "json" or (form == "auto" and not stream.isatty()):
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=24)


def configure(*, form: str = "auto", level: str = "info", process: str = "", stream: TextIO | None = None) -> None:
    """Set up logging of this process. `form` json, console or auto; `process` stands in every line."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(process),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(process),
            # masked last, after messages of libraries were put together
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask, _renderer(form, out)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for library in QUIET:
        logger = logging.getLogger(library)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(root.level, logging.WARNING) if root.level > logging.DEBUG else root.level)


def bind(**ids: object) -> None:
    """Ids that stand in every line of this task from here on."""
    structlog.contextvars.bind_contextvars(**ids)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))
