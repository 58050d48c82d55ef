"""What is wrong with a Redis that refuses the bot or does not answer, and what to do about it."""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)

from bot.logging.exceptions import in_words, kind_of

ACL_RULES = "~juicebox:* ~arq:* ~profile:* +@all -@dangerous +info"
"""What the bot needs of a Redis user, and no more than that category by category."""

_CODES: tuple[tuple[type[RedisError], str], ...] = (
    (AuthenticationError, "WRONGPASS"),
    (BusyLoadingError, "LOADING"),
    (NoPermissionError, "NOPERM"),
    (OutOfMemoryError, "OOM"),
    (ReadOnlyError, "READONLY"),
)
"""redis-py removes the code of an error from its text when it knows the code."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and what to do about it; the remedy is empty where the cause is not known."""

    text: str
    remedy: str = ""


_TRUST = (
    "set REDIS_SSL_CERT_REQS=none, as Heroku's self-signed certificates need it, or name the"
    " authority's file: REDIS_URL=rediss://...?ssl_ca_certs=/path/to/ca.pem"
)
_REFUSALS: tuple[tuple[str, Trouble], ...] = (
    (
        r"\b(CROSSSLOT|MOVED|ASK|CLUSTERDOWN|TRYAGAIN)\b|cluster mode",
        Trouble(
            "it is a Redis Cluster, which is not supported",
            "use one primary that is not in cluster mode, with or without replicas:"
            " what belongs to one event is written in one step",
        ),
    ),
    (
        r"\bDB index\b|\b(?i:select)\b",
        Trouble(
            "the database in REDIS_URL cannot be selected",
            "end REDIS_URL in a database that the server has, such as /0",
        ),
    ),
    (
        r"\bWRONGPASS\b|\bNOAUTH\b",
        Trouble("it refuses the password", "check REDIS_URL's user and password"),
    ),
    (
        r"\bOOM\b",
        Trouble(
            "it is full: it refuses writes since maxmemory is reached",
            "choose a larger plan or raise maxmemory; a lower RETENTION_DAYS needs less",
        ),
    ),
    (
        r"\bMISCONF\b",
        Trouble(
            "it refuses writes since it cannot save them to its disk (MISCONF)",
            "make room on its disk, or make the folder of its snapshots writable: its log says more",
        ),
    ),
    (
        r"\bREADONLY\b",
        Trouble("it is a read-only replica", "REDIS_URL must name the primary"),
    ),
    (
        r"\bNOREPLICAS\b",
        Trouble(
            "it refuses writes since too few of its replicas are connected (NOREPLICAS)",
            "connect them, or lower min-replicas-to-write",
        ),
    ),
    (
        r"\b(LOADING|MASTERDOWN|BUSY)\b",
        Trouble("it is loading its data or busy", "try again in a minute"),
    ),
    (
        r"EXEC without MULTI",  # what is left of a transaction whose beginning was refused
        Trouble(
            "its access list (ACL) forbids MULTI",
            f"allow it: ACL SETUSER <the bot's user> {ACL_RULES}",
        ),
    ),
    (
        r"max number of clients",
        Trouble(
            "it has no connection left for the bot",
            "choose a plan with more connections, or end what holds them: the bot takes five for"
            " each process",
        ),
    ),
)


def explain(error: BaseException, command: str = "") -> Trouble:
    """Put an error of Redis or of the connection to it in words; `command` is what was sent.

    Nothing of the error's own text is repeated but the names of commands: it may hold a payload.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Trouble(f"{in_words(cause)} (self-signed?)", _TRUST)
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return _closed(command)
        if isinstance(cause, OSError):
            return Trouble(in_words(cause))
    said = _with_code(error)
    for pattern, trouble in _REFUSALS:
        if re.search(pattern, said):
            return trouble
    return _forbidden(said, command) or _unknown(error, command)


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _with_code(error: BaseException) -> str:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "")
    return f"{code} {error}"


def _forbidden(said: str, command: str) -> Trouble | None:
    """An access list that forbids a command or a key, or a server without the command."""
    named = re.search(r"'([a-z|]{2,30})'", said, re.IGNORECASE)
    what = (named[1] if named else command).upper().replace("|", " ")
    remedy = f"allow it: ACL SETUSER <the bot's user> {ACL_RULES}"
    if "can't run this command" in said:  # Redis 7.0 does not say which
        return Trouble("its access list (ACL) forbids a command of the bot's scripts", remedy)
    if re.search(r"\bNOPERM\b|no permissions", said):
        if re.search(r"\bkeys?\b", said):
            return Trouble("its access list (ACL) forbids keys that the bot needs", remedy)
        return Trouble(f"its access list (ACL) forbids {what}", remedy)
    if re.search(r"unknown|unsupported|not supported|not available|disabled|not allowed", said):
        return Trouble(
            f"it does not know {what}, or a proxy in front of it does not",
            "connect to Redis directly, or choose a service with Lua scripts: EVALSHA, SCRIPT LOAD",
        )
    return None


def _unknown(error: BaseException, command: str) -> Trouble:
    if "closed" in str(error).lower():
        return _closed(command)
    return Trouble(f"failed with {kind_of(error)}")


def _closed(command: str) -> Trouble:
    return Trouble(
        f"it closes the connection{f' at {command}' if command else ''}",
        "if it speaks TLS, begin REDIS_URL with rediss://; a proxy closes it at a command that"
        " it does not know",
    )
