"""The `chat.*` methods: post, update and delete messages, and post ephemeral ones.

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
from bot.fakes.slack.conversations import check_membership, find_channel
from bot.fakes.slack.workspace import BOT_USER, Conversation, Post, Workspace

_MAX_PLAIN_TEXT = 40_000


def post_message(workspace: Workspace, request: PostMessage) -> Reply:
    channel = _writable_channel(workspace, request.channel)
    _check_content(request.text, request.blocks)
    if request.thread_ts is not None:
        _check_thread(channel, request.thread_ts)
    post = workspace.say(
        channel.id,
        request.text,
        blocks=request.blocks,
        metadata=_metadata(request.metadata),
        unfurl_links=request.unfurl_links,
        unfurl_media=request.unfurl_media,
        thread_ts=request.thread_ts,
    )
    message = post.api_object(with_metadata=True)
    return {"channel": channel.id, "ts": post.ts, "message": message}


def update_message(workspace: Workspace, request: UpdateMessage) -> Reply:
    post = _own_message(workspace, request.channel, request.ts, "cant_update_message")
    _check_content(request.text, request.blocks)
    edited = workspace.edit(post, text=request.text, blocks=request.blocks)
    message = edited.api_object(with_metadata=False)
    return {"channel": post.channel, "ts": post.ts, "text": edited.text, "message": message}


def delete_message(workspace: Workspace, request: DeleteMessage) -> Reply:
    post = _own_message(workspace, request.channel, request.ts, "cant_delete_message")
    workspace.edit(post, deleted=True)
    return {"channel": post.channel, "ts": post.ts}


def post_ephemeral(workspace: Workspace, request: PostEphemeral) -> Reply:
    channel = _writable_channel(workspace, request.channel)
    if request.user not in workspace.people or channel.user not in {"", request.user}:
        raise SlackError("user_not_in_channel")
    _check_content(request.text, request.blocks)
    shown = workspace.post_ephemeral(channel.id, request.text, blocks=request.blocks)
    return {"message_ts": shown.ts}


def check_blocks(blocks: Sequence[object], limit: int = MAX_BLOCKS) -> None:
    """Check that the blocks are valid.

    Raises:
        SlackError: invalid_blocks, with each error.
    """
    raise_for_block_errors(block_errors(blocks, limit))


def raise_for_block_errors(errors: Sequence[str]) -> None:
    """Raise SlackError if there are any errors."""
    if errors:
        messages = [f"[ERROR] {error}" for error in errors]
        raise SlackError("invalid_blocks", errors=errors, response_metadata={"messages": messages})


def _writable_channel(workspace: Workspace, channel_id: str) -> Conversation:
    channel = find_channel(workspace, channel_id)
    if channel.is_archived:
        raise SlackError("is_archived")
    check_membership(channel)
    return channel


def _check_thread(channel: Conversation, ts: str) -> None:
    parent = channel.find_post(ts)
    if parent is None or parent.thread_ts:
        raise SlackError("thread_not_found")


def _own_message(workspace: Workspace, channel_id: str, ts: str, error: str) -> Post:
    channel = find_channel(workspace, channel_id)
    post = channel.find_post(ts)
    if post is None:
        raise SlackError("message_not_found")
    if post.user != BOT_USER:
        raise SlackError(error)
    return post


def _check_content(text: str, blocks: Sequence[object]) -> None:
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
