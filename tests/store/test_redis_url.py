"""REDIS_URL: its forms, and the errors for mistakes."""

import re
from pathlib import Path

import pytest

from bot.store.redis_url import RedisAddress, Scheme, parse_cert_reqs, parse_redis_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://", RedisAddress(Scheme.TCP)),
        ("redis:///3", RedisAddress(Scheme.TCP, db=3)),
        ("redis://h", RedisAddress(Scheme.TCP, "h")),
        ("REDIS://h:7000/", RedisAddress(Scheme.TCP, "h", 7000)),
        ("redis://h/2?db=2", RedisAddress(Scheme.TCP, "h", db=2)),
        ("rediss://h:6380", RedisAddress(Scheme.TLS, "h", 6380)),
        ("redis://[::1]:7000/1", RedisAddress(Scheme.TCP, "::1", 7000, db=1)),
        ("redis://:p%40%2F%3F%23%25@h", RedisAddress(Scheme.TCP, "h", password="p@/?#%")),
        ("redis://u%3A:p:w@h", RedisAddress(Scheme.TCP, "h", username="u:", password="p:w")),
        ("redis://:p@w@h", RedisAddress(Scheme.TCP, "h", password="p@w")),
        (
            "redis://h?username=u&password=p",
            RedisAddress(Scheme.TCP, "h", username="u", password="p"),
        ),
        ("unix:///run/r.sock", RedisAddress(Scheme.UNIX, path="/run/r.sock")),
        (
            "unix://u:p@/run/r@1.sock?db=1",
            RedisAddress(Scheme.UNIX, path="/run/r@1.sock", db=1, username="u", password="p"),
        ),
        (
            "redis://h?client_name=bot&socket_keepalive=no",
            RedisAddress(
                Scheme.TCP, "h", options={"client_name": "bot", "socket_keepalive": False}
            ),
        ),
        ("redis://h?ssl_cert_reqs=none", RedisAddress(Scheme.TCP, "h", cert_reqs="none")),
    ],
)
def test_an_address_is_parsed(url: str, address: RedisAddress) -> None:
    assert parse_redis_url(url) == address


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "must begin with redis://, rediss:// or unix://"),
        ("localhost:6379", "must begin with redis://, rediss:// or unix://"),
        ("http://h", "must begin with redis://, rediss:// or unix://"),
        ("redis://h:99999", "its port must be a number up to 65535"),
        ("redis://h:0", "its port must be a number up to 65535"),
        ("redis://h:6379:6380", "its port must be a number up to 65535"),
        ("redis://[::1", "its host is malformed: an IPv6 address is written [::1]"),
        ("redis://h/production", "its database must be a number, such as /0 after the port"),
        ("redis://h/-1", "its database must be a number, such as /0 after the port"),
        ("redis://h/٣", "its database must be a number, such as /0 after the port"),
        ("redis://h/0/1", "its database must be a number, such as /0 after the port"),
        ("redis://h/1?db=2", "it names two different databases: one is an option after the ?"),
        (
            "redis://:p@h?password=q",
            "it names two different passwords: one is an option after the ?",
        ),
        ("redis://h h", "it contains a space or a control character"),
        (
            "redis://:hunter/2@h",
            "it contains a #, or an @ after the host: encode / ? # in the password as %2F %3F %23",
        ),
        (
            "redis://:hunter?2=3@h",
            "it contains a #, or an @ after the host: encode / ? # in the password as %2F %3F %23",
        ),
        (
            "redis://:hunter#2@h",
            "it contains a #, or an @ after the host: encode / ? # in the password as %2F %3F %23",
        ),
        ("redis://h?db", "its options after the ? must be name=value, separated by &"),
        ("redis://h?db=", "its option 'db' is empty: give it a value, or remove it"),
        ("redis://h?db=1&db=1", "its option 'db' appears twice: remove one of them"),
        ("redis://h?nonsense=1", "its option 'nonsense' is not known: remove it"),
        (
            "redis://h?tls=true",
            "its option 'tls' does not turn on TLS: begin REDIS_URL with rediss:// instead",
        ),
        (
            "redis://h?ssl_ca_certs=/ca.pem",
            (
                "its option 'ssl_ca_certs' is for TLS: begin REDIS_URL with rediss:// instead, or remove"
                " it"
            ),
        ),
        (
            "rediss://h?ssl_ca_certs=/nowhere/ca.pem",
            "its option 'ssl_ca_certs' cannot be used: check '/nowhere/ca.pem'",
        ),
        (
            "rediss://h?ssl_certfile=/nowhere/c.pem",
            "its options ssl_certfile and ssl_keyfile need each other",
        ),
        (
            "rediss://h?ssl_ciphers=none-such",
            "its option 'ssl_ciphers' cannot be used: check 'none-such'",
        ),
        (
            "rediss://h?ssl_check_hostname=maybe",
            "its option 'ssl_check_hostname' must be true or false, got 'maybe'",
        ),
        (
            "rediss://h?ssl_cert_reqs=none&ssl_check_hostname=yes",
            "its option 'ssl_check_hostname' needs ssl_cert_reqs=required: remove it",
        ),
        (
            "rediss://h?ssl_cert_reqs=perhaps",
            "ssl_cert_reqs must be required or none, got 'perhaps'",
        ),
        ("unix://", "it must name the socket's path, such as unix:///run/redis.sock"),
        (
            "unix:///run/r.sock?socket_keepalive=true",
            "its option 'socket_keepalive' is not for a unix socket: remove it",
        ),
    ],
)
def test_a_mistake_is_explained(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_redis_url(url)
    assert "hunter" not in message


@pytest.mark.parametrize(
    "option",
    [
        *("decode_responses=True", "encoding=latin-1", "encoding_errors=ignore", "protocol=3"),
        *("family=6", "max_connections=50", "socket_timeout=5", "socket_connect_timeout=5"),
        *("timeout=20", "health_check_interval=30", "retry_on_timeout=true", "ssl=true"),
        *("ssl_min_version=TLSv1_3", "virtual_host=0", "Decode_Responses=1"),
    ],
)
def test_an_option_that_would_break_the_bot_is_rejected_by_name(option: str) -> None:
    name = option.partition("=")[0]
    with pytest.raises(ValueError, match=f"^its option '{name}' .*(remove it|instead)$"):
        parse_redis_url(f"redis://:hunter2@h/0?{option}")


@pytest.mark.parametrize(
    ("spelling", "meaning"),
    [
        *((s, "none") for s in ("none", "None", "NONE", "CERT_NONE", "cert_none", "ssl.CERT_NONE")),
        *((s, "required") for s in ("required", "CERT_REQUIRED", "ssl.CERT_REQUIRED", "Required")),
        *((s, "required") for s in ("optional", "CERT_OPTIONAL", "VerifyMode.CERT_OPTIONAL")),
    ],
)
def test_every_spelling_of_redis_py_and_celery_is_accepted(spelling: str, meaning: str) -> None:
    assert parse_cert_reqs(spelling) == meaning
    assert parse_redis_url(f"rediss://h?ssl_cert_reqs={spelling}").cert_reqs == meaning


def test_cert_reqs_may_be_given_twice_if_they_agree() -> None:
    assert parse_redis_url("rediss://h?ssl_cert_reqs=CERT_NONE", "none").cert_reqs == "none"
    with pytest.raises(ValueError, match=r"^its option ssl_cert_reqs=none contradicts "):
        parse_redis_url("rediss://h?ssl_cert_reqs=none", "required")


def test_the_address_is_shown_without_a_password() -> None:
    for url, where in {
        "redis://:p@h/0": "h:6379",
        "redis://[::1]:7": "[::1]:7",
        "unix://:p@/run/r.sock": "/run/r.sock",
    }.items():
        address = parse_redis_url(url)
        assert address.where == where
        assert "'p'" not in repr(address)


def test_an_invalid_certificate_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ValueError, match=r"^its option 'ssl_ca_certs' cannot be used: check "):
        parse_redis_url(f"rediss://h?ssl_ca_certs={tmp_path / 'ca.pem'}")
