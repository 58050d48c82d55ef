"""The manifest is what Slack takes, and asks for just what the bot uses."""

from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from bot.fakes.slack.methods import METHODS
from bot.transports.slack.scopes import SCOPES
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
    """https://docs.slack.dev/reference/app-manifest, as far as the bot uses it."""

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


async def test_slack_is_told_where_the_bot_is(cli: Cli) -> None:
    manifest = await read(cli, "--url", URL)
    [command] = manifest.features.slash_commands
    assert (command.command, str(command.url)) == ("/juicebox", ENDPOINT)
    assert str(manifest.settings.event_subscriptions.request_url) == ENDPOINT
    assert str(manifest.settings.interactivity.request_url) == ENDPOINT
    assert manifest.settings.socket_mode_enabled is False


@pytest.mark.parametrize("url", [f"{URL}/", ENDPOINT])
async def test_an_address_may_be_given_with_its_end(cli: Cli, url: str) -> None:
    manifest = await read(cli, "--url", url)
    assert str(manifest.settings.interactivity.request_url) == ENDPOINT


async def test_the_address_is_that_of_the_settings(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", URL)
    assert ENDPOINT in await printed(cli)


async def test_the_home_tab_is_on_and_its_event_comes(cli: Cli) -> None:
    manifest = await read(cli, "--url", URL)
    assert manifest.features.app_home.home_tab_enabled
    assert manifest.features.app_home.messages_tab_enabled
    assert manifest.settings.event_subscriptions.bot_events == ["app_home_opened"]
    assert manifest.settings.interactivity.is_enabled


async def test_every_scope_has_its_reason_beside_it(cli: Cli) -> None:
    lines = (await printed(cli, "--url", URL)).splitlines()
    for scope, reason in SCOPES.items():
        assert f"      - {scope}  # {reason}" in lines


async def test_it_asks_for_the_scopes_that_the_bots_calls_take_and_no_others(cli: Cli) -> None:
    manifest = await read(cli, "--url", URL)
    asked = manifest.oauth_config.scopes.bot
    assert asked == list(SCOPES)
    taken = {scope for method in METHODS.values() for scope in method.scopes}
    assert set(asked) == taken | {"commands"}


async def test_socket_mode_needs_no_address(cli: Cli) -> None:
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
async def test_an_address_that_slack_does_not_call_is_refused(
    cli: Cli, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    result = await cli("slack-manifest", *options)
    assert result.exit_code == 2
    assert "--url" in result.output
