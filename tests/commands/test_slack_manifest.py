"""The manifest is valid for Slack, and requests only the scopes that the bot uses."""

from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from bot.fakes.slack.methods import METHODS
from bot.transports.slack.scopes import OPTIONAL_SCOPES, SCOPES
from tests.commands.conftest import Cli

URL = "https://bot.example.com"
ENDPOINT = f"{URL}/slack/events"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Display(Strict):
    name: str = Field(max_length=35)
    description: str = Field(max_length=140)
    background_color: str = Field(pattern="^#[0-9a-fA-F]{6}$")


class AppHome(Strict):
    home_tab_enabled: bool
    messages_tab_enabled: bool
    messages_tab_read_only_enabled: bool


class BotUser(Strict):
    display_name: str = Field(max_length=80)
    always_online: bool


class SlashCommand(Strict):
    command: str = Field(pattern="^/[a-z0-9_-]{1,31}$")
    url: HttpUrl | None = None
    description: str = Field(max_length=2000)
    usage_hint: str = Field(max_length=1000)
    should_escape: bool


class Features(Strict):
    app_home: AppHome
    bot_user: BotUser
    slash_commands: list[SlashCommand] = Field(max_length=5)


class Events(Strict):
    request_url: HttpUrl | None = None
    bot_events: list[str]


class Interactivity(Strict):
    is_enabled: bool
    request_url: HttpUrl | None = None


class AppSettings(Strict):
    event_subscriptions: Events
    interactivity: Interactivity
    org_deploy_enabled: bool
    socket_mode_enabled: bool
    token_rotation_enabled: bool


class Scopes(Strict):
    bot: list[str]


class OAuth(Strict):
    scopes: Scopes


class Manifest(Strict):
    """https://docs.slack.dev/reference/app-manifest, the parts that the bot uses."""

    display_information: Display
    features: Features
    oauth_config: OAuth
    settings: AppSettings


async def printed(cli: Cli, *options: str) -> str:
    result = await cli("slack-manifest", *options)
    assert result.exit_code == 0
    text: str = result.output
    return text


async def read(cli: Cli, *options: str) -> Manifest:
    given: Any = yaml.safe_load(await printed(cli, *options))
    return Manifest.model_validate(given)


async def test_the_manifest_has_the_url_of_the_bot(cli: Cli) -> None:
    manifest = await read(cli, "--url", URL)
    [command] = manifest.features.slash_commands
    assert (command.command, str(command.url)) == ("/juicebox", ENDPOINT)
    assert str(manifest.settings.event_subscriptions.request_url) == ENDPOINT
    assert str(manifest.settings.interactivity.request_url) == ENDPOINT
    assert manifest.settings.socket_mode_enabled is False


@pytest.mark.parametrize("url", [f"{URL}/", ENDPOINT])
async def test_the_url_may_include_the_path(cli: Cli, url: str) -> None:
    manifest = await read(cli, "--url", url)
    assert str(manifest.settings.interactivity.request_url) == ENDPOINT


async def test_the_url_comes_from_public_url(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", URL)
    assert ENDPOINT in await printed(cli)


async def test_the_home_tab_is_enabled_and_subscribed(cli: Cli) -> None:
    manifest = await read(cli, "--url", URL)
    assert manifest.features.app_home.home_tab_enabled
    assert manifest.features.app_home.messages_tab_enabled
    assert manifest.settings.event_subscriptions.bot_events == [
        "app_home_opened",
        "channel_unarchive",
        "group_unarchive",
        "member_joined_channel",
        "user_change",
    ]
    assert manifest.settings.interactivity.is_enabled


async def test_each_scope_is_explained(cli: Cli) -> None:
    lines = (await printed(cli, "--url", URL)).splitlines()
    for scope, reason in SCOPES.items():
        assert f"#   {scope:<17} {reason}" in lines


async def test_the_scopes_are_those_that_the_calls_of_the_bot_require(cli: Cli) -> None:
    manifest = await read(cli, "--url", URL)
    requested = manifest.oauth_config.scopes.bot
    assert requested == list(SCOPES)
    required = {scope for method in METHODS.values() for scope in method.scopes}
    assert set(requested) == required | {"commands", *OPTIONAL_SCOPES}


async def test_socket_mode_needs_no_url(cli: Cli) -> None:
    manifest = await read(cli, "--socket-mode")
    assert manifest.settings.socket_mode_enabled
    assert manifest.features.slash_commands[0].url is None
    assert manifest.settings.event_subscriptions.request_url is None


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--url", "http://bot.example.com"),
        ("--url", "bot.example.com"),
        ("--url", "https://"),
        ("--url", 'https://bot.example.com/"\n  evil: true'),
        ("--url", "https://bot.example.com/?secret=x"),
        ("--url", "https://bot.example.com/" + "x" * 300),
    ],
)
async def test_an_unsuitable_url_is_refused(
    cli: Cli, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    result = await cli("slack-manifest", *options)
    assert result.exit_code == 2
    assert "--url" in result.output
