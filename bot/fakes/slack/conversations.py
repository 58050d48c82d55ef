"""The `conversations.*` methods: history, channels and direct messages.

https://docs.slack.dev/reference/methods/conversations.history
"""

from collections.abc import Sequence
from typing import Any

from bot.fakes.slack.arguments import (
    ChannelInfo,
    History,
    ListChannels,
    OpenConversation,
    Page,
    Reply,
    SlackError,
)
from bot.fakes.slack.workspace import BOT_USER, Conversation, Workspace


def history(workspace: Workspace, request: History) -> Reply:
    channel = find_channel(workspace, request.channel)
    check_membership(channel)

    def wanted(ts: float) -> bool:
        if request.inclusive:
            return request.oldest <= ts <= request.latest
        return request.oldest < ts < request.latest

    # Replies are part of their thread only.
    newest_first = [p for p in reversed(channel.posts) if wanted(float(p.ts)) and not p.thread_ts]
    posts, cursor = _page(newest_first, request)
    return {
        "messages": [
            p.api_object(with_metadata=request.include_all_metadata) | channel.thread(p.ts)
            for p in posts
        ],
        "has_more": bool(cursor),
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def channel_info(workspace: Workspace, request: ChannelInfo) -> Reply:
    channel = workspace.conversations.get(request.channel)
    if channel is None or (channel.is_private and not channel.is_member):
        raise SlackError("channel_not_found")
    return {"channel": channel.api_object()}


def list_channels(workspace: Workspace, request: ListChannels) -> Reply:
    types = {kind.strip() for kind in request.types.split(",")}
    if not types <= {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackError("invalid_types")
    visible = [
        c
        for c in workspace.channels()
        if ("private_channel" if c.is_private else "public_channel") in types
        and (c.is_member or not c.is_private)
        and not (c.is_archived and request.exclude_archived)
    ]
    channels, cursor = _page(visible, request)
    return {
        "channels": [c.api_object() for c in channels],
        "response_metadata": {"next_cursor": cursor},
    }


def open_conversation(workspace: Workspace, request: OpenConversation) -> Reply:
    if not request.users:
        raise SlackError("users_list_not_supplied")
    if request.users not in workspace.people:
        raise SlackError("user_not_found")
    if request.users == BOT_USER:
        raise SlackError("cannot_dm_bot")
    return {"channel": {"id": workspace.direct_message(request.users).id}}


def find_channel(workspace: Workspace, id_or_name: str) -> Conversation:
    found = workspace.find(id_or_name)
    if found is None or (found.is_private and not found.is_member):
        raise SlackError("channel_not_found")
    return found


def check_membership(channel: Conversation) -> None:
    if not channel.is_member:
        raise SlackError("not_in_channel")


def _page(items: Sequence[Any], request: Page) -> tuple[Sequence[Any], str]:
    """Return the items of the requested page, and the cursor of the next one."""
    start = 0
    if request.cursor:
        number = request.cursor.removeprefix("next:")
        if not request.cursor.startswith("next:") or not number.isdigit():
            raise SlackError("invalid_cursor")
        start = int(number)
    end = start + request.limit
    return items[start:end], f"next:{end}" if end < len(items) else ""
