"""The methods of Slack's Web API that the bot calls, on a workspace in memory.

Each takes its arguments as Slack documents them at docs.slack.dev/reference/methods, and gives what
its reply says besides `ok`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.demo.slack.arguments import (
    Arguments,
    ChannelInfo,
    History,
    ListChannels,
    Metadata,
    OpenConversation,
    Page,
    PostMessage,
    Reply,
    SlackRefusal,
)
from bot.demo.slack.block_kit import MAX_TEXT, complaints, text_length
from bot.demo.slack.workspace import BOT, BOT_USER, TEAM, Conversation, Workspace

_MAX_PLAIN_TEXT = 40_000


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


def post_message(workspace: Workspace, asked: PostMessage) -> Reply:
    channel = _channel(workspace, asked.channel)
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    _member(channel)
    _fit_to_post(asked)
    post = workspace.say(
        channel.id,
        asked.text,
        blocks=asked.blocks,
        metadata=_metadata(asked.metadata),
        unfurl_links=asked.unfurl_links,
        unfurl_media=asked.unfurl_media,
        thread_ts=asked.thread_ts,
    )
    message = post.as_slack_tells_it(with_metadata=True)
    return {"channel": channel.id, "ts": post.ts, "message": message}


def history(workspace: Workspace, asked: History) -> Reply:
    channel = _channel(workspace, asked.channel)
    _member(channel)

    def wanted(ts: float) -> bool:
        if asked.inclusive:
            return asked.oldest <= ts <= asked.latest
        return asked.oldest < ts < asked.latest

    newest_first = [p for p in reversed(channel.posts) if wanted(float(p.ts))]
    posts, cursor = _page(newest_first, asked)
    return {
        "messages": [p.as_slack_tells_it(with_metadata=asked.include_all_metadata) for p in posts],
        "has_more": bool(cursor),
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def channel_info(workspace: Workspace, asked: ChannelInfo) -> Reply:
    channel = workspace.conversations.get(asked.channel)
    if channel is None:
        raise SlackRefusal("channel_not_found")
    return {"channel": channel.as_slack_tells_it()}


def list_channels(workspace: Workspace, asked: ListChannels) -> Reply:
    types = {kind.strip() for kind in asked.types.split(",")}
    if not types <= {"public_channel", "private_channel", "mpim", "im"}:
        raise SlackRefusal("invalid_types")
    visible = [
        c
        for c in workspace.channels()
        if ("private_channel" if c.is_private else "public_channel") in types
        and (c.is_member or not c.is_private)
        and not (c.is_archived and asked.exclude_archived)
    ]
    channels, cursor = _page(visible, asked)
    return {
        "channels": [c.as_slack_tells_it() for c in channels],
        "response_metadata": {"next_cursor": cursor},
    }


def open_conversation(workspace: Workspace, asked: OpenConversation) -> Reply:
    if not asked.users:
        raise SlackRefusal("users_list_not_supplied")
    if asked.users not in workspace.people:
        raise SlackRefusal("user_not_found")
    if asked.users == BOT_USER:
        raise SlackRefusal("cannot_dm_bot")
    return {"channel": {"id": workspace.direct_message(asked.users).id}}


@dataclass(frozen=True, slots=True)
class Method:
    """How a method is called: what it takes, and the scopes of which any one permits it."""

    call: Callable[[Workspace, Any], Reply]
    takes: type[Arguments]
    scopes: tuple[str, ...] = ()

    def __call__(self, workspace: Workspace, given: Mapping[str, Any]) -> Reply:
        return {"ok": True, **self.call(workspace, self._read(given))}

    def _read(self, given: Mapping[str, Any]) -> Arguments:
        try:
            return self.takes.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            known = {"blocks": "invalid_blocks_format", "limit": "invalid_limit"}
            raise SlackRefusal(
                known.get(name, "invalid_arguments"),
                response_metadata={"messages": [f"[ERROR] {name}: {first['msg']}"]},
            ) from None


METHODS: Mapping[str, Method] = {
    "auth.test": Method(auth_test, Arguments),
    "chat.postMessage": Method(post_message, PostMessage, ("chat:write",)),
    "conversations.history": Method(
        history, History, ("channels:history", "groups:history", "im:history")
    ),
    "conversations.info": Method(channel_info, ChannelInfo, ("channels:read", "groups:read")),
    "conversations.list": Method(list_channels, ListChannels, ("channels:read", "groups:read")),
    "conversations.open": Method(open_conversation, OpenConversation, ("im:write",)),
}


def _channel(workspace: Workspace, id_or_name: str) -> Conversation:
    found = workspace.find(id_or_name)
    if found is None or (found.is_private and not found.is_member):
        raise SlackRefusal("channel_not_found")
    return found


def _member(channel: Conversation) -> None:
    if not channel.is_member:
        raise SlackRefusal("not_in_channel")


def _fit_to_post(asked: PostMessage) -> None:
    if not asked.text and not asked.blocks:
        raise SlackRefusal("no_text")
    wrong = complaints(asked.blocks)
    if wrong:
        told = [f"[ERROR] {complaint}" for complaint in wrong]
        raise SlackRefusal("invalid_blocks", errors=wrong, response_metadata={"messages": told})
    if text_length(asked.blocks) > MAX_TEXT:
        raise SlackRefusal("msg_blocks_too_long")
    if len(asked.text) > _MAX_PLAIN_TEXT:
        raise SlackRefusal("msg_too_long")


def _metadata(given: object) -> Mapping[str, Any] | None:
    if given is None:
        return None
    try:
        return Metadata.model_validate(given).model_dump()
    except ValidationError:
        raise SlackRefusal("invalid_metadata_format") from None


def _page(items: Sequence[Any], asked: Page) -> tuple[Sequence[Any], str]:
    """The items of the page that was asked for, and the cursor of the next one."""
    start = 0
    if asked.cursor:
        number = asked.cursor.removeprefix("next:")
        if not asked.cursor.startswith("next:") or not number.isdigit():
            raise SlackRefusal("invalid_cursor")
        start = int(number)
    end = start + asked.limit
    return items[start:end], f"next:{end}" if end < len(items) else ""
