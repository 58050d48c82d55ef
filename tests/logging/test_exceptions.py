"""Exceptions are described without secrets and payloads."""

import socket
import ssl

import pytest

from bot.logging.exceptions import in_words, kind_of, place


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("secret"), "ValueError"),
        (ssl.SSLError("secret"), "ssl.SSLError"),
        (ConnectionRefusedError(111, "secret"), "ConnectionRefusedError[ECONNREFUSED]"),
        (OSError(99_999, "secret"), "OSError"),
        (
            ExceptionGroup("secret", [ValueError("secret"), KeyError("secret")]),
            "ExceptionGroup(ValueError, KeyError)",
        ),
    ],
)
def test_an_error_is_named_by_its_type(error: BaseException, kind: str) -> None:
    assert kind_of(error) == kind


def test_the_cause_of_an_error_is_named_too() -> None:
    assert kind_of(caused(KeyError(), ValueError())) == "KeyError from ValueError"


def test_the_context_is_named_unless_it_is_suppressed() -> None:
    error = KeyError()
    error.__context__ = ValueError()
    assert kind_of(error) == "KeyError from ValueError"
    error.__suppress_context__ = True
    assert kind_of(error) == "KeyError"


def test_a_cycle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert kind_of(first) == "ValueError from KeyError"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/app/bot/store/events.py", "bot/store/events.py:3"),
        ("/home/bot/app/bot/web.py", "bot/web.py:3"),
        ("/app/handlers/export_ready.py", "handlers/export_ready.py:3"),
        ("/v/lib/python3.11/site-packages/arq/worker.py", "arq/worker.py:3"),
        ("/v/lib/python3.11/asyncio/tasks.py", "tasks.py:3"),
        ("bot", "bot:3"),
    ],
)
def test_paths_are_shown_from_the_package_on(path: str, shown: str) -> None:
    assert place(path, 3) == shown


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "secret"), "the connection is refused"),
        (TimeoutError("secret"), "no answer in time"),
        (socket.gaierror(-2, "secret"), "its host name is unknown"),
        (ssl.SSLCertVerificationError("secret"), "its certificate is not trusted"),
        (ssl.SSLError("secret"), "it does not speak TLS there"),
        (caused(KeyError("secret"), TimeoutError("secret")), "no answer in time"),
        (KeyError("secret"), "failed with KeyError"),
    ],
)
def test_a_failed_connection_is_explained(error: BaseException, words: str) -> None:
    assert in_words(error) == words
