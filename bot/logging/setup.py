"""One structured line to stdout for every record, ours and the libraries', with no payload in it."""

import inspect
import io
import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from bot.logging.exceptions import frames, kind_of, place
from bot.logging.printable import printable

_LIFECYCLE = frozenset({"config", "multiprocess", "on", "server"})
"""The modules of uvicorn that say on `uvicorn.error` what the server does, and repeat no request."""

_log = structlog.get_logger()

EventDict = MutableMapping[str, Any]


def configure_logs(level: str, fmt: str) -> None:
    """Send every record of this process to stdout.

    Ours from `level` on. Those of libraries from warnings on, and uvicorn's words on its own
    lifecycle from INFO on: arq's INFO prints job arguments, slack_bolt's prints request bodies.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_messages,
            _on_one_line,
            _renderer(fmt),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries(threshold)], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    sys.excepthook = _crashed


def _renderer(fmt: str) -> structlog.typing.Processor:
    if fmt == "json":
        return structlog.processors.JSONRenderer()
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"], bool_as_flag=False
    )


def _without_messages(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Show exceptions by type and traceback: pydantic's messages print inputs, others print URLs."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = kind_of(error)
        event["frames"] = frames(error.__traceback__)
    event.pop("stack_info", None)
    return event


def _on_one_line(_logger: object, _name: str, event: EventDict) -> EventDict:
    """No value can end the line and forge a second one."""
    return {key: _flat(value) for key, value in event.items()}


def _flat(value: object) -> object:
    if isinstance(value, BaseException):
        return kind_of(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return printable(str(value))


class _Libraries(logging.Handler):
    """Writes the standard library's records in our form."""

    def __init__(self, threshold: int) -> None:
        super().__init__()
        self._threshold = threshold

    def emit(self, record: logging.LogRecord) -> None:
        lifecycle = record.name == "uvicorn.error" and record.module in _LIFECYCLE
        floor = logging.INFO if lifecycle else logging.WARNING
        if record.levelno < max(floor, self._threshold):
            return
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        _log.log(
            level,
            _said(record, lifecycle=lifecycle),
            logger=record.name,
            at=place(record.pathname, record.lineno),
            exc_info=record.exc_info or sys.exc_info()[1],
        )


def _said(record: logging.LogRecord, *, lifecycle: bool) -> str:
    """What a library says, as far as it was written before there was any payload.

    That is: a literal in its source, with its `%s` left as they are. A text that was put together
    at run time, such as slack_bolt's with the request's body in it, is withheld; `at` says where
    to read on.
    """
    if isinstance(record.msg, BaseException):
        return kind_of(record.msg)
    if lifecycle and record.levelno < logging.ERROR:
        return record.getMessage()
    return record.msg.strip() if _is_literal(record) else "message withheld"


def _is_literal(record: logging.LogRecord) -> bool:
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename == record.pathname and frame.f_lineno == record.lineno:
            return record.msg in frame.f_code.co_consts
        frame = frame.f_back
    return False


def _crashed(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, tb)
        return
    _log.critical("process crashed", exc_info=error.with_traceback(tb))
