"""`slack-manifest`: what Slack is to be told of the bot, so that nobody has to click it together."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import click

from bot.transports.slack.scopes import SCOPES

Part = Mapping[str, Any]

_ENDPOINT = "/slack/events"
_LONGEST_URL = 255


@click.command(short_help="Print the manifest to create the Slack app from.")
@click.option(
    "--url",
    envvar="PUBLIC_URL",
    help="Where the bot is reached: https://... Default: PUBLIC_URL.",
)
@click.option(
    "--socket-mode",
    is_flag=True,
    help="For development behind a firewall: Slack is not told of a URL.",
)
def command(url: str | None, *, socket_mode: bool) -> None:
    """Print the manifest to create the Slack app from, as YAML that says what each scope is for.

    Paste it at api.slack.com/apps: Create New App, From a manifest. Needs no settings.
    """
    endpoint = None if socket_mode else _endpoint(url)
    click.echo(
        "\n".join(yaml_lines(manifest(endpoint), {f"- {s}": why for s, why in SCOPES.items()}))
    )


def _endpoint(url: str | None) -> str:
    if not url:
        raise click.UsageError(
            "give --url https://... (where the bot is reached), or --socket-mode"
        )
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise click.UsageError("--url must be an https:// address: Slack calls no other")
    endpoint = url.rstrip("/").removesuffix(_ENDPOINT) + _ENDPOINT
    if len(endpoint) > _LONGEST_URL or not endpoint.isascii() or any(c.isspace() for c in endpoint):
        raise click.UsageError("--url is not an address that Slack takes")
    return endpoint


def manifest(endpoint: str | None) -> Part:
    """The app as Slack is to make it; without an `endpoint` it speaks Socket Mode.

    https://docs.slack.dev/reference/app-manifest
    """
    reached = {"request_url": endpoint} if endpoint else {}
    return {
        "display_information": {
            "name": "Juicebox",
            "description": "Tells your channels what happened in Juicebox, once.",
            "background_color": "#7c2d12",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                # Slack answers messages_tab_disabled to whoever writes to a person without it.
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Juicebox", "always_online": True},
            "slash_commands": [
                {
                    "command": "/juicebox",
                    **({"url": endpoint} if endpoint else {}),
                    "description": "What happened, and did it reach us?",
                    "usage_hint": "status | status <event id> | help",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**reached, "bot_events": ["app_home_opened"]},
            "interactivity": {"is_enabled": True, **reached},
            "org_deploy_enabled": False,
            "socket_mode_enabled": endpoint is None,
            "token_rotation_enabled": False,
        },
    }


def yaml_lines(part: Part, comments: Mapping[str, str], indent: str = "") -> Iterator[str]:
    """The manifest as YAML, with a comment behind each line that has one; scalars are JSON's."""
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from yaml_lines(value, comments, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{name}:"
            for item in value:
                yield from _item(item, comments, indent + "  ")
        else:
            yield f"{indent}{name}: {json.dumps(value)}"


def _item(item: Part | str, comments: Mapping[str, str], indent: str) -> Iterator[str]:
    if isinstance(item, str):
        line = f"- {item}"
        comment = f"  # {comments[line]}" if line in comments else ""
        yield f"{indent}{line}{comment}"
        return
    first, *rest = yaml_lines(item, comments)
    yield f"{indent}- {first}"
    yield from (f"{indent}  {line}" for line in rest)
