"""The methods of Slack's Web API that the bot calls, on a workspace in memory.

Each takes its arguments as documented at docs.slack.dev/reference/methods, and returns its reply
without `ok`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.fakes.slack import chat, conversations, users, validation, views
from bot.fakes.slack.arguments import (
    Arguments,
    ChannelInfo,
    DeleteMessage,
    History,
    ListChannels,
    OpenConversation,
    OpenView,
    PostEphemeral,
    PostMessage,
    PublishView,
    Reply,
    SlackError,
    UpdateMessage,
    UpdateView,
    UserInfo,
    ValidateBlocks,
)
from bot.fakes.slack.workspace import BOT, BOT_USER, TEAM, Workspace


def auth_test(workspace: Workspace, _: Arguments) -> Reply:
    return {
        "url": "https://juicebox-demo.slack.com/",
        "team": "Juicebox demo",
        "user": workspace.people[BOT_USER],
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


@dataclass(frozen=True, slots=True)
class Method:
    """A method, its arguments, and the scopes, any one of which is sufficient.

    With `scope_by_type`, the first is required for public channels, the second for private ones,
    and the third for direct messages.
    """

    call: Callable[[Workspace, Any], Reply]
    arguments: type[Arguments]
    scopes: tuple[str, ...] = ()
    scope_by_type: bool = False

    def required_scopes(self, workspace: Workspace, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the scopes, any one of which is sufficient for this call."""
        channel = workspace.find(str(given.get("channel", ""))) if self.scope_by_type else None
        if channel is None:
            return self.scopes
        return (self.scopes[2 if channel.user else int(channel.is_private)],)

    def __call__(self, workspace: Workspace, given: Mapping[str, Any]) -> Reply:
        return {"ok": True, **self.call(workspace, self._read(given))}

    def _read(self, given: Mapping[str, Any]) -> Arguments:
        try:
            return self.arguments.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            known = {"blocks": "invalid_blocks_format", "limit": "invalid_limit"}
            raise SlackError(
                known.get(name, "invalid_arguments"),
                response_metadata={"messages": [f"[ERROR] {name}: {first['msg']}"]},
            ) from None


METHODS: Mapping[str, Method] = {
    "auth.test": Method(auth_test, Arguments),
    "blocks.validate": Method(validation.validate, ValidateBlocks),
    "chat.postMessage": Method(chat.post_message, PostMessage, ("chat:write",)),
    "chat.update": Method(chat.update_message, UpdateMessage, ("chat:write",)),
    "chat.delete": Method(chat.delete_message, DeleteMessage, ("chat:write",)),
    "chat.postEphemeral": Method(chat.post_ephemeral, PostEphemeral, ("chat:write",)),
    "conversations.history": Method(
        conversations.history,
        History,
        ("channels:history", "groups:history", "im:history"),
        scope_by_type=True,
    ),
    "conversations.info": Method(
        conversations.channel_info, ChannelInfo, ("channels:read", "groups:read")
    ),
    "conversations.list": Method(
        conversations.list_channels, ListChannels, ("channels:read", "groups:read")
    ),
    "conversations.open": Method(conversations.open_conversation, OpenConversation, ("im:write",)),
    "users.info": Method(users.user_info, UserInfo, ("users:read",)),
    "views.open": Method(views.open_modal, OpenView),
    "views.publish": Method(views.publish, PublishView),
    "views.update": Method(views.update_modal, UpdateView),
}
