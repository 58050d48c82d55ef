"""The payloads that Slack sends to an app, with all documented fields.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
https://docs.slack.dev/reference/events/app_home_opened
https://docs.slack.dev/reference/events/member_joined_channel
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.fakes.slack.block_ids import Element, with_block_ids
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.state import Chosen, Value, state_of, value_of
from bot.fakes.slack.views import view_object
from bot.fakes.slack.workspace import APP, BOT_USER, TEAM, Conversation, Home, Post

FORM = "application/x-www-form-urlencoded"
_TEAM_DOMAIN = "juicebox-demo"
_TOKEN = "deprecated-verification-token"  # noqa: S105 - Slack still sends one; apps must ignore it

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """Who interacts; `trigger_id` lets the app open a modal for that user.

    `team` is the user's own workspace, which may be a connected one.
    """

    id: str
    name: str
    trigger_id: str
    team: str = TEAM


def slash_command(
    user: User, channel: Conversation, text: str, response_url: str
) -> Mapping[str, str]:
    return {
        "token": _TOKEN,
        "team_id": TEAM,
        "team_domain": _TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _name_of(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": "/juicebox",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": user.trigger_id,
    }


def message_source(post: Post, channel: Conversation, response_url: str, chosen: Chosen) -> Payload:
    """Return the part of a payload that describes a message with an interactive element."""
    return {
        **_message_source(post, channel, response_url, chosen, ephemeral=False),
        "message": {
            **post.api_object(with_metadata=True),
            **channel.thread(post.ts),
            "blocks": with_block_ids(post.blocks),
        },
    }


def ephemeral_source(
    post: Post, channel: Conversation, response_url: str, chosen: Chosen
) -> Payload:
    """Return the same for an ephemeral message, of which Slack sends no copy."""
    return _message_source(post, channel, response_url, chosen, ephemeral=True)


def _message_source(
    post: Post, channel: Conversation, response_url: str, chosen: Chosen, *, ephemeral: bool
) -> Payload:
    return {
        "container": {
            "type": "message",
            "message_ts": post.ts,
            "channel_id": post.channel,
            "is_ephemeral": ephemeral,
        },
        "channel": {"id": channel.id, "name": _name_of(channel)},
        "state": state_of(post.blocks, chosen),
        "response_url": response_url,
    }


def view_source(shown: Home | Modal, chosen: Chosen) -> Payload:
    """Return the same for the Home tab, or for a modal."""
    return {
        "container": {"type": "view", "view_id": shown.id},
        "view": _view(shown, chosen),
    }


def block_actions(user: User, source: Payload, element: Element, value: Value) -> Payload:
    """Return the payload of an interaction.

    Raises:
        ValueError: if the element cannot have the value.
    """
    return {
        "type": "block_actions",
        **_interaction(user),
        **source,
        "actions": [_action(element, value)],
    }


def view_submission(user: User, modal: Modal, chosen: Chosen) -> Payload:
    return {
        "type": "view_submission",
        **_interaction(user),
        "view": _view(modal, chosen),
        "response_urls": [],
    }


def _interaction(user: User) -> Payload:
    return {
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team},
        "api_app_id": APP,
        "token": _TOKEN,
        "trigger_id": user.trigger_id,
        "team": {"id": TEAM, "domain": _TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _view(shown: Home | Modal, chosen: Chosen) -> Payload:
    blocks = with_block_ids(shown.view["blocks"])
    return {**view_object(shown), "blocks": blocks, "state": state_of(blocks, chosen)}


def home_opened(user_id: str, channel: str, home: Home | None) -> Payload:
    opened: dict[str, Any] = {"user": user_id, "channel": channel, "tab": "home"}
    if home is not None:
        opened["view"] = view_object(home)
    return event_callback("app_home_opened", opened)


def bot_joined(channel: Conversation, inviter: str) -> Payload:
    """Return the event that says that somebody has invited the bot into a channel."""
    joined = {
        "user": BOT_USER,
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": TEAM,
        "inviter": inviter,
    }
    return event_callback("member_joined_channel", joined)


def event_callback(kind: str, fields: Payload) -> Payload:
    """Return an event with what Slack sends around it: https://docs.slack.dev/apis/events-api/."""
    now = time.time()
    return {
        "token": _TOKEN,
        "team_id": TEAM,
        "api_app_id": APP,
        "event": {"type": kind, **fields, "event_ts": f"{now:.6f}"},
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def _action(element: Element, value: Value) -> Payload:
    given = element.given
    kept = ("type", "action_id", "text", "value", "style", "url", "initial_time", "initial_options")
    action: dict[str, Any] = {name: given[name] for name in kept if name in given}
    action |= {"block_id": element.block_id, "action_ts": f"{time.time():.6f}"}
    return {**action, **value_of(element, value)}


def _name_of(channel: Conversation) -> str:
    if channel.user:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
