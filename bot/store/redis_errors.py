"""Explanations of Redis errors, and how to fix them."""

import re
import ssl
from dataclasses import dataclass

from bot.logging.exceptions import in_words, kind_of

ACL_RULES = "~juicebox:* ~arq:* ~profile:* +@all -@dangerous +info"
"""The permissions that the bot needs, by category."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with Redis, and how to fix it; `fix` is empty if the cause is unknown."""

    text: str
    fix: str = ""


_TRUST = (
    "set REDIS_SSL_CERT_REQS=none, as Heroku's self-signed certificates need it, or name the"
    " authority's file: REDIS_URL=rediss://...?ssl_ca_certs=/path/to/ca.pem"
)
_ALLOW = f"allow it: ACL SETUSER <the bot's user> {ACL_RULES}"
_PROBLEMS = (
    (
        r"\b(CROSSSLOT|MOVED|ASK|CLUSTERDOWN|TRYAGAIN)\b|cluster mode",
        "it is a Redis Cluster, which is not supported",
        "use one primary without cluster mode: scripts write several keys in one atomic step",
    ),
    (
        r"\bDB index\b|\b(?i:select)\b",
        "the database in REDIS_URL cannot be selected",
        "end REDIS_URL in a database that the server has, such as /0",
    ),
    (
        r"\b(AuthenticationError|WRONGPASS|NOAUTH)\b",
        "it refuses the password",
        "check REDIS_URL's user and password",
    ),
    (
        r"\b(OutOfMemoryError|OOM)\b",
        "it is full: it refuses writes since maxmemory is reached",
        "choose a larger plan or raise maxmemory; a lower RETENTION_DAYS needs less",
    ),
    (
        r"\bMISCONF\b",
        "it refuses writes since it cannot save them to its disk (MISCONF)",
        "make room on its disk, or make the folder of its snapshots writable: its log says more",
    ),
    (
        r"\b(ReadOnlyError|READONLY)\b",
        "it is a read-only replica",
        "REDIS_URL must name the primary",
    ),
    (
        r"\bNOREPLICAS\b",
        "it refuses writes since too few of its replicas are connected (NOREPLICAS)",
        "connect them, or lower min-replicas-to-write",
    ),
    (
        r"\b(BusyLoadingError|LOADING|MASTERDOWN|BUSY)\b",
        "it is loading its data or busy",
        "try again in a minute",
    ),
    # The error of a transaction whose MULTI was refused.
    (r"EXEC without MULTI", "its access list (ACL) forbids MULTI", _ALLOW),
    (
        r"max number of clients",
        "it has no connection left for the bot",
        "choose a plan with more connections, or close others: the bot uses up to six per process",
    ),
)
"""A pattern of the error's type and text, what is wrong, and how to fix it. Redis' error codes are
removed from the text where redis-py has a type for them."""


def diagnose(error: BaseException, command: str = "") -> Problem:
    """Explain an error of Redis, or of the connection to it, after `command` was sent.

    The text of the error is not repeated, except for names of commands: it may contain a payload.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Problem(f"{in_words(cause)} (self-signed?)", _TRUST)
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return _closed(command)
        if isinstance(cause, OSError):
            return Problem(in_words(cause))
        cause = cause.__cause__ or cause.__context__
    message = f"{type(error).__name__} {error}"
    known = (Problem(*found) for pattern, *found in _PROBLEMS if re.search(pattern, message))
    if problem := next(known, None) or _forbidden(message, command):
        return problem
    if "closed" in message.lower():
        return _closed(command)
    return Problem(f"failed with {kind_of(error)}")


def _forbidden(message: str, command: str) -> Problem | None:
    """Return the problem if an ACL forbids a command or a key, or the server lacks the command."""
    quoted = re.search(r"'([a-z|]{2,30})'", message, re.IGNORECASE)
    what = (quoted[1] if quoted else command).upper().replace("|", " ")
    if "can't run this command" in message:  # Redis 7.0 does not say which
        return Problem("its access list (ACL) forbids a command of the bot's scripts", _ALLOW)
    if re.search(r"\b(NoPermissionError|NOPERM)\b|no permissions|can't access .* keys", message):
        if re.search(r"\bkeys?\b", message):
            return Problem("its access list (ACL) forbids keys that the bot needs", _ALLOW)
        return Problem(f"its access list (ACL) forbids {what}", _ALLOW)
    if re.search(r"unknown|unsupported|not supported|not available|disabled|not allowed", message):
        return Problem(
            f"it does not know {what}, or a proxy in front of it does not",
            "connect to Redis directly, or choose a service with Lua scripts: EVALSHA, SCRIPT LOAD",
        )
    return None


def _closed(command: str) -> Problem:
    return Problem(
        f"it closes the connection{f' at {command}' if command else ''}",
        "if it speaks TLS, begin REDIS_URL with rediss://; a proxy closes it at a command that"
        " it does not know",
    )
