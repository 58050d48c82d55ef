"""`web` and `all` listen on the given address, or explain in one sentence why they cannot."""

import asyncio
import errno
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import aiohttp
import pytest

from bot.http.listening import explain, why_not_listen
from tests.commands.processes import started
from tests.polling import until
from tests.processes import ROOT


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("command", ["web", "all"])
async def test_a_port_in_use_is_reported_in_one_sentence(
    environment: dict[str, str], command: str, processes: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        environment |= {"PORT": port, "WEB_CONCURRENCY": processes}
        async with started(environment, command) as process:
            assert await process.running.wait() == 3
            await process.end()
    assert [line for line in process.lines if "WEB_CONCURRENCY ignored" not in line] == [
        (
            f"python -m bot: port {port} on 0.0.0.0 is taken: end what listens there, or choose another"
            " with PORT or --port\n"
        )
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ("--host", "192.0.2.1"),
            "192.0.2.1 is not an address of this machine: choose one that is with --host",
        ),
        (
            ("--host", "not a host"),
            "the host not a host is unknown: choose an address of this machine with --host",
        ),
        (("--port", "70000"), "there is no port 70000: choose one up to 65535 with PORT or --port"),
        (
            ("--uds", "/no/such/folder/bot.sock"),
            "not started on the UNIX socket /no/such/folder/bot.sock (--uds): No such file or directory",
        ),
        (("--fd", "99"), "not started on file descriptor 99 (--fd): Bad file descriptor"),
    ],
)
async def test_any_other_address_that_cannot_be_used_is_reported_in_one_sentence(
    environment: dict[str, str], options: tuple[str, str], expected: str
) -> None:
    async with started(environment, "web", *options) as process:
        assert await process.running.wait() == 3
        await process.end()
    assert process.lines[-1] == f"python -m bot: {expected}\n"
    assert "Traceback" not in "".join(process.lines)


def test_a_privileged_port_is_reported_with_a_fix() -> None:
    reason = explain("0.0.0.0", 80, PermissionError(errno.EACCES, "Permission denied"))
    assert reason == (
        "this user may not listen on port 80 of 0.0.0.0: choose one above 1023 with PORT or --port"
    )


def test_checking_a_free_port_leaves_it_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert why_not_listen("127.0.0.1", port) != ""
    for host in ("127.0.0.1", "localhost", "", None):
        assert why_not_listen(host, port) == ""
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_machine_that_forbids_ipv6_sockets_listens_on_ipv4(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As seccomp or AppArmor do; asyncio's `create_server` then leaves out the IPv6 address."""
    create = socket.socket

    def without_ipv6(family: int, *more: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise PermissionError
        return create(family, *more)

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setattr(socket, "socket", without_ipv6)
    assert why_not_listen("", port) == ""


async def answers(connector: aiohttp.BaseConnector) -> bool:
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            async with session.get("http://bot/healthz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


async def test_web_listens_on_a_unix_socket(environment: dict[str, str], tmp_path: Path) -> None:
    path = str(tmp_path / "bot.sock")
    async with started(environment, "web", "--uds", path) as process:
        await process.until(lambda line: "running on unix socket" in line)
        assert await answers(aiohttp.UnixConnector(path=path))


async def test_web_listens_on_an_inherited_socket(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = str(tmp_path / "inherited.sock")
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(path)
        ours.listen()
        fd = ours.fileno()
        command = [sys.executable, "-m", "bot", "web", "--fd", str(fd)]
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=ROOT, pass_fds=(fd,), stdout=PIPE, stderr=STDOUT
        )
        try:
            await until(lambda: answers(aiohttp.UnixConnector(path=path)))
        finally:
            process.terminate()
            await process.communicate()
