"""`conversations.*`: what was said, which channels there are, and direct messages.

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


def history(workspace: Workspace, asked: History) -> Reply:
    channel = channel_of(workspace, asked.channel)
    membership(channel)

    def wanted(ts: float) -> bool:
        if asked.inclusive:
            return asked.oldest <= ts <= asked.latest
        return asked.oldest < ts < asked.latest

    # Replies are in their thread only.
    newest_first = [p for p in reversed(channel.posts) if wanted(float(p.ts)) and not p.thread_ts]
    posts, cursor = _page(newest_first, asked)
    return {
        "messages": [
            p.api_object(with_metadata=asked.include_all_metadata) | channel.thread(p.ts)
            for p in posts
        ],
        "has_more": bool(cursor),
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def channel_info(workspace: Workspace, asked: ChannelInfo) -> Reply:
    channel = workspace.conversations.get(asked.channel)
    if channel is None:
        raise SlackError("channel_not_found")
    return {"channel": channel.api_object()}


def list_channels(workspace: Workspace, asked: ListChannels) -> Reply:
    types = {kind.strip() for kind in asked.types.split(",")}
    if not types <= {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackError("invalid_types")
    visible = [
        c
        for c in workspace.channels()
        if ("private_channel" if c.is_private else "public_channel") in types
        and (c.is_member or not c.is_private)
        and not (c.is_archived and asked.exclude_archived)
    ]
    channels, cursor = _page(visible, asked)
    return {
        "channels": [c.api_object() for c in channels],
        "response_metadata": {"next_cursor": cursor},
    }


def open_conversation(workspace: Workspace, asked: OpenConversation) -> Reply:
    if not asked.users:
        raise SlackError("users_list_not_supplied")
    if asked.users not in workspace.people:
        raise SlackError("user_not_found")
    if asked.users == BOT_USER:
        raise SlackError("cannot_dm_bot")
    return {"channel": {"id": workspace.direct_message(asked.users).id}}


def channel_of(workspace: Workspace, id_or_name: str) -> Conversation:
    found = workspace.find(id_or_name)
    if found is None or (found.is_private and not found.is_member):
        raise SlackError("channel_not_found")
    return found


def membership(channel: Conversation) -> None:
    if not channel.is_member:
        raise SlackError("not_in_channel")


def _page(items: Sequence[Any], asked: Page) -> tuple[Sequence[Any], str]:
    """The items of the page that was asked for, and the cursor of the next one."""
    start = 0
    if asked.cursor:
        number = asked.cursor.removeprefix("next:")
        if not asked.cursor.startswith("next:") or not number.isdigit():
            raise SlackError("invalid_cursor")
        start = int(number)
    end = start + asked.limit
    return items[start:end], f"next:{end}" if end < len(items) else ""
