"""Describes exceptions without their messages, which may contain payloads or passwords."""

import errno
import socket
import ssl
from pathlib import PurePath
from traceback import walk_tb
from types import TracebackType

_MAX_FRAMES = 20
_ROOTS = ("site-packages", "bot", "handlers")
"""The folders below which a path is shown."""


def kind_of(error: BaseException) -> str:
    """Return the type of the error and of its causes: `bot.errors.CorruptRecord from KeyError`."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return " from ".join(_name(e) for e in seen)


def frames(traceback: TracebackType | None) -> str:
    """Return the traceback as `file:line`, outermost first; only the last frames of a long one."""
    places = [place(f.f_code.co_filename, line) for f, line in walk_tb(traceback)]
    return " ".join(places[-_MAX_FRAMES:])


def place(path: str, line: int) -> str:
    parts = PurePath(path).parts
    for root in _ROOTS:
        if root in parts[:-1]:
            start = len(parts) - 1 - parts[::-1].index(root)
            kept = parts[start + 1 :] if root == "site-packages" else parts[start:]
            return f"{'/'.join(kept)}:{line}"
    return f"{PurePath(path).name}:{line}"


def _name(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}({', '.join(_name(e) for e in error.exceptions)})"
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    number = error.errno if isinstance(error, OSError) else None
    code = errno.errorcode.get(number, "") if number is not None else ""
    return f"{module}{kind.__qualname__}{f'[{code}]' if code else ''}"


_EXPLANATIONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "it does not speak TLS there"),
    (socket.gaierror, "its host name is unknown"),
    (ConnectionRefusedError, "the connection is refused"),
    (TimeoutError, "no answer in time"),
)


def in_words(error: BaseException) -> str:
    """Return why a connection failed, in words; the error's type if it is not a known one."""
    current: BaseException | None = error
    while current is not None:
        for kind, words in _EXPLANATIONS:
            if isinstance(current, kind):
                return words
        current = current.__cause__ or current.__context__
    return f"failed with {kind_of(error)}"
