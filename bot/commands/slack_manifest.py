"""`slack-manifest`: prints the manifest from which Slack creates the app."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import click
import yaml  # type: ignore[import-untyped]  # one call does not need the stubs

from bot.transports.slack.scopes import SCOPES

Manifest = Mapping[str, Any]

_ENDPOINT = "/slack/events"
_EVENTS = (
    "app_home_opened",
    "channel_unarchive",
    "group_unarchive",
    "member_joined_channel",
    "user_change",
)
"""https://docs.slack.dev/reference/events"""
_MAX_URL_LENGTH = 255


@click.command(short_help="Print the manifest to create the Slack app from.")
@click.option(
    "--url",
    envvar="PUBLIC_URL",
    help="The bot's public address: https://... Default: PUBLIC_URL.",
)
@click.option(
    "--socket-mode",
    is_flag=True,
    help="For development behind a firewall: Slack needs no URL.",
)
def command(url: str | None, *, socket_mode: bool) -> None:
    """Print the manifest to create the Slack app from, as YAML that says what each scope is for.

    Paste it at api.slack.com/apps: Create New App, From a manifest. Needs no settings.
    """
    endpoint = None if socket_mode else _endpoint(url)
    click.echo("# What the bot uses each scope for:")
    for scope, reason in SCOPES.items():
        click.echo(f"#   {scope:<17} {reason}")
    click.echo(yaml.safe_dump(manifest(endpoint), sort_keys=False), nl=False)


def _endpoint(url: str | None) -> str:
    if not url:
        raise click.UsageError("give --url https://... (the bot's public address) or --socket-mode")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise click.UsageError(
            f"--url must be an https:// address without a query, got {url!r}: Slack calls no other"
        )
    endpoint = url.rstrip("/").removesuffix(_ENDPOINT) + _ENDPOINT
    if len(endpoint) > _MAX_URL_LENGTH or re.search(r"[^!-~]", endpoint):
        raise click.UsageError(
            f"--url must be ASCII without spaces and have at most {_MAX_URL_LENGTH} characters,"
            f" {_ENDPOINT} included"
        )
    return endpoint


def manifest(endpoint: str | None) -> Manifest:
    """Return the app's manifest; without an `endpoint` the app uses Socket Mode.

    https://docs.slack.dev/reference/app-manifest
    """
    request_url = {"request_url": endpoint} if endpoint else {}
    return {
        "display_information": {
            "name": "Juicebox",
            "description": "Notifies your channels when something happens in Juicebox.",
            "background_color": "#7c2d12",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                # Without it, direct messages fail with messages_tab_disabled.
                "messages_tab_enabled": True,
                # Otherwise nobody can type a command in a direct message with the bot.
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Juicebox", "always_online": True},
            "slash_commands": [
                {
                    "command": "/juicebox",
                    **({"url": endpoint} if endpoint else {}),
                    "description": "See what happened, and choose what you get",
                    "usage_hint": "help | status | why | subscribe | mute | quiet",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": [*_EVENTS]},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": endpoint is None,
            "token_rotation_enabled": False,
        },
    }
