"""Fixtures: a real redis-server, settings, and local servers for Slack and mail."""

import logging
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import hypothesis
import pytest
import structlog
from redis.asyncio import Redis

from bot.errors import SettingsError
from bot.fakes.redis_server import RedisServer, redis_server
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.store.connection import connect
from tests.app import MakeSettings, SettingsFault
from tests.http_proxy import HttpProxy, http_proxy
from tests.tls import Certificate, make_certificate

pytest_plugins = ["tests.faults.table", "tests.recorded_blocks"]

BASE_ENVIRONMENT = {
    "JUICEBOX_WEBHOOK_SECRET": "whsec_current",
    "SLACK_BOT_TOKEN": "xoxb-test-token",
    "SLACK_SIGNING_SECRET": "slack-signing-secret",
    "SLACK_CHANNEL": "C0RECRUIT",
    "SLACK_ALERT_CHANNEL": "C0ALERTS",
    "SMTP_URL": "smtp://127.0.0.1:1",
    "EMAIL_FROM": "Juicebox <bot@example.com>",
    "EMAIL_TO": "recruiter@example.com",
    "EMAIL_ALERT_TO": "operator@example.com",
}

# A busy machine may be slow.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-golden",
        action="store_true",
        help="write rendered output to tests/golden/ instead of comparing it",
    )


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
async def redis(redis_process: RedisServer) -> AsyncIterator[Redis]:
    """A client of an empty Redis."""
    client = connect(redis_process.url, timeout=timedelta(seconds=60))
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def store(redis: Redis) -> Store:
    return Store(redis, retention=timedelta(days=30))


@pytest.fixture
def make_settings(monkeypatch: pytest.MonkeyPatch, redis_process: RedisServer) -> MakeSettings:
    """Make settings from a complete environment with changes; None removes a variable."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def make(**changes: str | None) -> Settings:
        environment = {**BASE_ENVIRONMENT, "REDIS_URL": redis_process.url, **changes}
        for name, value in environment.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return load_settings()

    return make


@pytest.fixture
def fault(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> SettingsFault:
    """Return the error that stops a process with these changes to its environment."""

    def find(**changes: str | None) -> str:
        make_settings()
        for name, value in changes.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError) as error:
            load_settings()
        return str(error.value)

    return find


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
async def slack_api() -> AsyncIterator[LocalSlack]:
    """A local Slack that accepts the token of the settings."""
    async with LocalSlack(token=BASE_ENVIRONMENT["SLACK_BOT_TOKEN"]) as api:
        yield api


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """A mail server that accepts everything."""
    async with Inbox() as server:
        yield server


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables that name a proxy."""
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def proxy(no_proxies: None) -> AsyncIterator[HttpProxy]:
    """An HTTP proxy. No variable names it yet."""
    async with http_proxy() as running:
        yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def clean_logging() -> Iterator[None]:
    """Restore the logging configuration after a test."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    structlog.reset_defaults()
