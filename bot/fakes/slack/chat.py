"""`chat.*`: messages posted, changed, taken away, and shown to one person alone.

https://docs.slack.dev/reference/methods/chat.postMessage
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from bot.fakes.slack.arguments import (
    DeleteMessage,
    Metadata,
    PostEphemeral,
    PostMessage,
    Reply,
    SlackError,
    UpdateMessage,
)
from bot.fakes.slack.block_kit import MAX_BLOCKS, MAX_TEXT, block_errors, text_length
from bot.fakes.slack.conversations import channel_of, membership
from bot.fakes.slack.workspace import BOT_USER, Conversation, Post, Workspace

_MAX_PLAIN_TEXT = 40_000


def post_message(workspace: Workspace, asked: PostMessage) -> Reply:
    channel = _open_to_posts(workspace, asked.channel)
    _fit_to_post(asked.text, asked.blocks)
    if asked.thread_ts is not None:
        _thread(channel, asked.thread_ts)
    post = workspace.say(
        channel.id,
        asked.text,
        blocks=asked.blocks,
        metadata=_metadata(asked.metadata),
        unfurl_links=asked.unfurl_links,
        unfurl_media=asked.unfurl_media,
        thread_ts=asked.thread_ts,
    )
    message = post.api_object(with_metadata=True)
    return {"channel": channel.id, "ts": post.ts, "message": message}


def update_message(workspace: Workspace, asked: UpdateMessage) -> Reply:
    post = _own_message(workspace, asked.channel, asked.ts, "cant_update_message")
    _fit_to_post(asked.text, asked.blocks)
    edited = workspace.edit(post, text=asked.text, blocks=asked.blocks)
    message = edited.api_object(with_metadata=False)
    return {"channel": post.channel, "ts": post.ts, "text": edited.text, "message": message}


def delete_message(workspace: Workspace, asked: DeleteMessage) -> Reply:
    post = _own_message(workspace, asked.channel, asked.ts, "cant_delete_message")
    workspace.edit(post, deleted=True)
    return {"channel": post.channel, "ts": post.ts}


def post_ephemeral(workspace: Workspace, asked: PostEphemeral) -> Reply:
    channel = _open_to_posts(workspace, asked.channel)
    if asked.user not in workspace.people or channel.user not in {"", asked.user}:
        raise SlackError("user_not_in_channel")
    _fit_to_post(asked.text, asked.blocks)
    shown = workspace.post_ephemeral(channel.id, asked.text, blocks=asked.blocks)
    return {"message_ts": shown.ts}


def check_blocks(blocks: Sequence[object], most: int = MAX_BLOCKS) -> None:
    """Refuse what Slack would, with each complaint.

    Raises:
        SlackRefusal: invalid_blocks.
    """
    reject(block_errors(blocks, most))


def reject(wrong: Sequence[str]) -> None:
    """Refuse blocks for these complaints, if there are any."""
    if wrong:
        told = [f"[ERROR] {complaint}" for complaint in wrong]
        raise SlackError("invalid_blocks", errors=wrong, response_metadata={"messages": told})


def _open_to_posts(workspace: Workspace, channel_id: str) -> Conversation:
    channel = channel_of(workspace, channel_id)
    if channel.is_archived:
        raise SlackError("is_archived")
    membership(channel)
    return channel


def _thread(channel: Conversation, ts: str) -> None:
    parent = channel.post(ts)
    if parent is None or parent.thread_ts:
        raise SlackError("thread_not_found")


def _own_message(workspace: Workspace, channel_id: str, ts: str, refusal: str) -> Post:
    channel = channel_of(workspace, channel_id)
    post = channel.post(ts)
    if post is None:
        raise SlackError("message_not_found")
    if post.user != BOT_USER:
        raise SlackError(refusal)
    return post


def _fit_to_post(text: str, blocks: Sequence[object]) -> None:
    if not text and not blocks:
        raise SlackError("no_text")
    check_blocks(blocks)
    if text_length(blocks) > MAX_TEXT:
        raise SlackError("msg_blocks_too_long")
    if len(text) > _MAX_PLAIN_TEXT:
        raise SlackError("msg_too_long")


def _metadata(given: object) -> Mapping[str, Any] | None:
    if given is None:
        return None
    try:
        return Metadata.model_validate(given).model_dump()
    except ValidationError:
        raise SlackError("invalid_metadata_format") from None
