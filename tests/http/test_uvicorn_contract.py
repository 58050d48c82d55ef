"""What bot/http/connection.py uses of uvicorn's HttpToolsProtocol, which is not a public interface.

If a test fails after an upgrade of uvicorn, compare connection.py and parser.py with the new version of
uvicorn/protocols/http/httptools_impl.py before you change the pin in pyproject.toml.
"""

import asyncio
import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from bot.http.connection import HttpConnection
from bot.http.parser import RequestParser

OVERRIDDEN = {
    "connection_made": ["transport"],
    "connection_lost": ["exc"],
    "data_received": ["data"],
    "on_message_begin": [],
    "on_url": ["url"],
    "on_header": ["name", "value"],
    "on_headers_complete": [],
    "on_body": ["body"],
    "on_message_complete": [],
    "on_response_complete": [],
    "pause_writing": [],
    "resume_writing": [],
    "send_400_response": ["msg"],
    "timeout_keep_alive_handler": [],
}
CALLED = {"_unset_keepalive_if_required": []}
ATTRIBUTES = {
    *("connections", "cycle", "headers", "loop", "parser", "transport"),
    *("timeout_keep_alive", "timeout_keep_alive_task"),
}
CYCLE_ATTRIBUTES = {"keep_alive", "more_body", "response_complete"}


def test_uvicorn_is_pinned_to_the_installed_version() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert f"uvicorn=={uvicorn.__version__}" in project["project"]["dependencies"]


@pytest.mark.parametrize(("name", "parameters"), {**OVERRIDDEN, **CALLED}.items())
def test_a_method_exists_with_these_parameters(name: str, parameters: list[str]) -> None:
    method = getattr(HttpToolsProtocol, name, None)
    assert method is not None, f"uvicorn has no HttpToolsProtocol.{name} any more"
    found = [*inspect.signature(method).parameters][1:]
    assert found == parameters, f"uvicorn has changed the parameters of HttpToolsProtocol.{name}"


def test_the_lists_above_are_complete() -> None:
    defined = {name for name in vars(HttpConnection) if hasattr(HttpToolsProtocol, name)}
    assert {name for name in defined if not name.startswith("__")} == {*OVERRIDDEN}
    source = inspect.getsource(HttpConnection)
    used = {*re.findall(r"self\.cycle\.(\w+)", source)}
    assert used == CYCLE_ATTRIBUTES


async def test_a_connection_and_its_request_have_these_attributes() -> None:
    connection = _connection_with_a_request()
    missing = {name for name in ATTRIBUTES if not hasattr(connection, name)}
    missing |= {f"cycle.{name}" for name in CYCLE_ATTRIBUTES if not hasattr(connection.cycle, name)}
    assert not missing, f"uvicorn's HttpToolsProtocol has no {missing} any more"
    await asyncio.gather(*connection.tasks)
    assert connection.cycle.response_complete
    assert isinstance(connection.timeout_keep_alive_task, asyncio.TimerHandle)
    connection.connection_lost(None)


def test_our_parser_has_every_method_that_uvicorn_calls() -> None:
    called = {*re.findall(r"self\.parser\.(\w+)\(", inspect.getsource(HttpToolsProtocol))}
    called -= {"set_dangerous_leniencies"}  # called in the constructor, before ours is installed
    assert called == {name for name in vars(RequestParser) if name in called}
    assert "feed_data" in called, "uvicorn does not call its parser as self.parser any more"


def test_a_status_line_ends_with_a_line_break() -> None:
    assert STATUS_LINE[408] == b"HTTP/1.1 408 Request Timeout\r\n"


class _Transport(asyncio.Transport):
    def write(self, data: Any) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass


def _connection_with_a_request() -> HttpToolsProtocol:
    config = uvicorn.Config(PlainTextResponse("ok"), log_config=None)
    connection = HttpToolsProtocol(config=config, server_state=ServerState(), app_state={})
    connection.connection_made(_Transport())
    connection.data_received(b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n")
    return connection
