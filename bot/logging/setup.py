"""Logs every record, ours and the libraries', as one structured line without payloads."""

import io
import json
import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from traceback import walk_stack
from types import TracebackType
from typing import Any

import structlog

from bot.logging.exceptions import frames, kind_of, place
from bot.logging.printable import printable

_LIFECYCLE = frozenset({"config", "multiprocess", "on", "server"})
"""The modules of uvicorn that log the server's lifecycle on `uvicorn.error`, and no request data."""

_QUOTED = re.compile(r'[ ="]')

_log = structlog.get_logger()

EventDict = MutableMapping[str, Any]


def configure_logs(level: str, fmt: str) -> None:
    """Log every record of this process to stdout.

    Our own records are logged from `level` on, those of libraries from WARNING on, because arq's
    INFO has job arguments and slack_bolt's has request bodies; uvicorn's lifecycle from INFO on.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _remove_messages,
            _flatten_values,
            _render_json if fmt == "json" else _render_logfmt,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryHandler(threshold)], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    sys.excepthook = _log_crash


def _remove_messages(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Reduce exceptions to type and traceback: messages of pydantic have inputs, others have URLs."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = kind_of(error)
        event["frames"] = frames(error.__traceback__)
    event.pop("stack_info", None)
    return event


def _flatten_values(_logger: object, level: str, event: EventDict) -> EventDict:
    """Add time and level, and escape line breaks in values, which could forge a second line."""
    record: EventDict = {
        "timestamp": datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z",
        "level": level,
        "event": _flatten(event.pop("event", "")),
    }
    for key, value in event.items():
        record[key] = _flatten(value)
    return record


def _flatten(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return kind_of(value) if isinstance(value, BaseException) else printable(str(value))


def _render_json(_logger: object, _level: str, record: EventDict) -> str:
    return json.dumps(record)


def _render_logfmt(_logger: object, _level: str, record: EventDict) -> str:
    """Return a line of logfmt, as structlog's own renderer does in three times the time.

    https://brandur.org/logfmt
    """
    return " ".join([f"{key}={_logfmt_value(value)}" for key, value in record.items()])


def _logfmt_value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if not _QUOTED.search(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _LibraryHandler(logging.Handler):
    """Passes records of the standard library's logging to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        lifecycle = record.name == "uvicorn.error" and record.module in _LIFECYCLE
        if record.levelno < logging.WARNING and not lifecycle:
            return
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        _log.log(
            level,
            _safe_message(record, lifecycle=lifecycle),
            logger=record.name,
            at=place(record.pathname, record.lineno),
            exc_info=record.exc_info or sys.exc_info()[1],
        )


def _safe_message(record: logging.LogRecord, *, lifecycle: bool) -> str:
    """Return a library's message only if it cannot contain a payload.

    That is a literal in the library's source, without its arguments. A message that is formatted
    at run time, such as slack_bolt's with the request's body, is withheld; `at` has its source line.
    """
    if isinstance(record.msg, BaseException):
        return kind_of(record.msg)
    if lifecycle and record.levelno < logging.ERROR:
        return record.getMessage()
    return record.msg.strip() if _is_literal(record) else "message withheld"


def _is_literal(record: logging.LogRecord) -> bool:
    return any(
        record.msg in frame.f_code.co_consts
        for frame, line in walk_stack(None)
        if (frame.f_code.co_filename, line) == (record.pathname, record.lineno)
    )


def _log_crash(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, tb)
        return
    _log.critical("process crashed", exc_info=error.with_traceback(tb))
