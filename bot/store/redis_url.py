"""Strict parsing of `REDIS_URL`."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import TypeAdapter

CertReqs = Literal["required", "none"]

_DEFAULT_PORT = 6379
_boolean = TypeAdapter(bool)


class Scheme(StrEnum):
    """The connection to Redis: TCP, TLS, or a Unix socket."""

    TCP = "redis"
    TLS = "rediss"
    UNIX = "unix"


_TLS_ONLY = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname", "ssl_ciphers"}
_BOOLEAN_OPTIONS = {"ssl_check_hostname", "socket_keepalive"}
_OPTIONS = _TLS_ONLY | _BOOLEAN_OPTIONS
_OPTIONS |= {"ssl_cert_reqs", "db", "username", "password", "client_name"}
_USE_REDISS = "begin REDIS_URL with rediss:// instead"
_SET_BY_THE_BOT = (
    "socket_timeout socket_connect_timeout timeout max_connections retry_on_timeout retry_on_error"
    " retry health_check_interval socket_read_size lib_name lib_version parser_class"
)
_REJECTED_OPTIONS = {
    "decode_responses encoding encoding_errors protocol": (
        "would break the bot, which reads replies as bytes in RESP2: remove it"
    ),
    _SET_BY_THE_BOT: "is set by the bot itself: remove it",
    "ssl tls": f"does not turn on TLS: {_USE_REDISS}",
    "family": "would break the connection, and IPv6 works without it: remove it",
}
"""Names of options that redis-py or other clients have, and why they are rejected."""
_ENCODE = "encode / ? # in the password as %2F %3F %23"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """The address of a Redis server, with credentials and TLS options."""

    scheme: Scheme
    host: str = "localhost"
    port: int = _DEFAULT_PORT
    path: str = ""
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cert_reqs: CertReqs = "required"
    options: Mapping[str, str | bool] = field(default_factory=dict, repr=False)
    """More arguments for redis-py's connection."""

    @property
    def where(self) -> str:
        """The host and port, or the socket's path."""
        if self.scheme is Scheme.UNIX:
            return self.path
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """True if the server is on this machine, so no traffic crosses a network."""
        return self.scheme is Scheme.UNIX or self.host in {"localhost", "127.0.0.1", "::1"}


def parse_redis_url(url: str, cert_reqs: CertReqs | None = None) -> RedisAddress:
    """Parse `redis[s]://user:password@host:port/db?option=value` or `unix://path?db=number`.

    Host, port and database are optional. User, password and options may be percent-encoded.
    `cert_reqs` is REDIS_SSL_CERT_REQS if set; the option `ssl_cert_reqs` has the same meaning.
    https://www.iana.org/assignments/uri-schemes/prov/redis

    Raises:
        ValueError: with the mistake, never with the URL itself.
    """
    parts, scheme = _split(url)
    options = _options(parts.query, scheme)
    option = options.pop("ssl_cert_reqs", "")
    in_url = parse_cert_reqs(option) if option else None
    if in_url and cert_reqs and in_url != cert_reqs:
        raise ValueError(
            f"its option ssl_cert_reqs={in_url} contradicts REDIS_SSL_CERT_REQS={cert_reqs}:"
            " remove one of them"
        )
    effective: CertReqs = in_url or cert_reqs or "required"
    username = _one_value("user", unquote(parts.username or ""), options.pop("username", ""))
    password = _one_value("password", unquote(parts.password or ""), options.pop("password", ""))
    path_db = "" if scheme is Scheme.UNIX else parts.path.removeprefix("/")
    db = _one_value("database", path_db, options.pop("db", ""))
    if not re.fullmatch(r"[0-9]{0,9}", db):
        raise ValueError("its database must be a number, such as /0 after the port")
    return RedisAddress(
        scheme=scheme,
        host=unquote(parts.hostname or "localhost"),
        port=_port(parts),
        path=unquote(parts.path) if scheme is Scheme.UNIX else "",
        db=int(db or 0),
        username=username or None,
        password=password or None,
        cert_reqs=effective,
        options=_connection_options(options, effective),
    )


def parse_cert_reqs(text: str) -> CertReqs:
    """Parse `none`, `required` or `optional`, also as `CERT_NONE` or `ssl.CERT_NONE`, in any case.

    For a client, `optional` means the same as `required`:
    https://docs.python.org/3/library/ssl.html#ssl.CERT_OPTIONAL

    Raises:
        ValueError: if it is something else.
    """
    word = text.strip().lower().removeprefix("ssl.").removeprefix("verifymode.")
    match word.removeprefix("cert_"):
        case "none":
            return "none"
        case "required" | "optional":
            return "required"
    raise ValueError(f"ssl_cert_reqs must be required or none, got {text!r}")


def _split(url: str) -> tuple[SplitResult, Scheme]:
    scheme = url.partition("://")[0].lower()
    if "://" not in url or scheme not in {*Scheme}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    if not url.isprintable() or " " in url:
        raise ValueError("it contains a space or a control character")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("its host is malformed: an IPv6 address is written [::1]") from None
    if Scheme(scheme) is Scheme.UNIX:
        if not parts.path or parts.fragment:
            raise ValueError("it must name the socket's path, such as unix:///run/redis.sock")
    elif "#" in url or "@" in parts.path or "@" in parts.query:
        raise ValueError(f"it contains a #, or an @ after the host: {_ENCODE}")
    return parts, Scheme(scheme)


def _port(parts: SplitResult) -> int:
    try:
        port = _DEFAULT_PORT if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise ValueError("its port must be a number up to 65535")
    return port


def _one_value(what: str, in_url: str, in_option: str) -> str:
    if in_url and in_option and in_url != in_option:
        raise ValueError(f"it names two different {what}s: one is an option after the ?")
    return in_url or in_option


def _options(query: str, scheme: Scheme) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise ValueError("its options after the ? must be name=value, separated by &") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        twice = "appears twice: remove one of them" if name in found else ""
        if problem := twice or _option_problem(name, value, scheme):
            raise ValueError(f"its option {name!r} {problem}")
        found[name] = value
    return found


def _option_problem(name: str, value: str, scheme: Scheme) -> str:
    if name not in _OPTIONS:
        reasons = (why for names, why in _REJECTED_OPTIONS.items() if name in names.split())
        return next(reasons, "is not known: remove it")
    if not value:
        return "is empty: give it a value, or remove it"
    if name in _TLS_ONLY and scheme is not Scheme.TLS:
        return f"is for TLS: {_USE_REDISS}, or remove it"
    if name == "socket_keepalive" and scheme is Scheme.UNIX:
        return "is not for a unix socket: remove it"
    return ""


def _connection_options(options: Mapping[str, str], cert_reqs: CertReqs) -> dict[str, str | bool]:
    _check_tls(options)
    found: dict[str, str | bool] = {**options}
    for name in _BOOLEAN_OPTIONS & options.keys():
        try:
            found[name] = _boolean.validate_python(options[name])
        except ValueError:
            text = f"its option {name!r} must be true or false, got {options[name]!r}"
            raise ValueError(text) from None
    if cert_reqs == "none" and found.get("ssl_check_hostname"):
        raise ValueError("its option 'ssl_check_hostname' needs ssl_cert_reqs=required: remove it")
    return found


def _check_tls(options: Mapping[str, str]) -> None:
    """Load the files and ciphers at start: later, a missing file would look like an outage."""
    if ("ssl_certfile" in options) != ("ssl_keyfile" in options):
        raise ValueError("its options ssl_certfile and ssl_keyfile need each other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    loads: Mapping[str, Callable[[str], object]] = {
        "ssl_ca_certs": context.load_verify_locations,
        # The password is an empty text, so that the process does not ask for one and wait.
        "ssl_certfile": lambda file: context.load_cert_chain(file, options["ssl_keyfile"], str),
        "ssl_ciphers": context.set_ciphers,
    }
    for name, load in loads.items():
        value = options.get(name)
        try:
            if value is not None:
                load(value)
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            raise ValueError(f"its option {name!r} cannot be used: check {value!r}") from None
