"""The methods of the local Slack: arguments, replies and errors."""

import json
from typing import Any

import aiohttp
import pytest

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation
from tests.fakes.slack.conftest import BEARER, Caller


async def test_a_message_is_posted_and_stored(slack_api: LocalSlack, call: Caller) -> None:
    reply = await call(
        "chat.postMessage",
        channel="C0RECRUIT",
        text="hello",
        blocks=[{"type": "divider"}],
        metadata={"event_type": "x", "event_payload": {"a": 1}},
        unfurl_links=False,
        unfurl_media=False,
    )
    assert reply["ok"] is True
    assert reply["channel"] == "C0RECRUIT"
    [post] = slack_api.posts
    assert reply["ts"] == post.ts
    assert (post.channel, post.text, post.blocks) == ("C0RECRUIT", "hello", [{"type": "divider"}])
    assert post.metadata == {"event_type": "x", "event_payload": {"a": 1}}
    assert (post.unfurl_links, post.unfurl_media) == (False, False)


async def test_forms_and_queries_work_like_json(slack_api: LocalSlack, call: Caller) -> None:
    form = {"channel": "#recruiting", "text": "a form", "unfurl_links": "0"}
    blocks = json.dumps([{"type": "divider"}])
    async with call.raw("POST", "chat.postMessage", data={**form, "blocks": blocks}) as answer:
        assert (await answer.json())["ok"] is True
    query = {"token": "xoxb-test-token", "channel": "recruiting", "text": "a query"}
    async with call.raw("GET", "chat.postMessage", params=query, headers={}) as answer:
        assert (await answer.json())["ok"] is True
    assert [(p.channel, p.text) for p in slack_api.posts] == [
        ("C0RECRUIT", "a form"),
        ("C0RECRUIT", "a query"),
    ]
    assert slack_api.posts[0].blocks == [{"type": "divider"}]
    assert slack_api.posts[0].unfurl_links is False


async def test_auth_test_returns_the_bot_and_its_scopes(call: Caller) -> None:
    async with call.raw("POST", "auth.test") as answer:
        reply = await answer.json()
        scopes = answer.headers["x-oauth-scopes"].split(",")
    assert {"chat:write", "channels:history"} <= {*scopes}
    assert (reply["team_id"], reply["user_id"]) == ("T0JUICEBOX", "U0BOT")


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "not_authed"),
        ({"Authorization": "Bearer xoxb-other"}, "invalid_auth"),
        ({"Authorization": "Basic xoxb-test-token"}, "not_authed"),
    ],
)
async def test_other_tokens_are_refused(call: Caller, headers: dict[str, str], error: str) -> None:
    async with call.raw("POST", "auth.test", headers=headers) as answer:
        assert await answer.json() == {"ok": False, "error": error}


async def test_a_missing_scope_is_named() -> None:
    async with (
        LocalSlack(scopes=("chat:write",)) as api,
        aiohttp.ClientSession(headers=BEARER) as session,
        session.get(api.url + "conversations.history?channel=C0RECRUIT") as answer,
    ):
        assert await answer.json() == {
            "ok": False,
            "error": "missing_scope",
            "needed": "channels:history",
            "provided": "chat:write",
        }


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0OTHER", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "C0SECRET", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0OLD", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "C0RECRUIT"}, "no_text"),
        ("chat.postMessage", {"channel": "C0RECRUIT", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C0RECRUIT", "blocks": "{"}, "invalid_blocks_format"),
        (
            "chat.postMessage",
            {"channel": "C0RECRUIT", "text": "x", "metadata": {"event_type": "x"}},
            "invalid_metadata_format",
        ),
        ("chat.postMessage", {"channel": ["C0RECRUIT"], "text": "x"}, "invalid_arguments"),
        ("conversations.history", {"channel": "C0NONE"}, "channel_not_found"),
        ("conversations.history", {"channel": "C0OTHER"}, "not_in_channel"),
        ("conversations.history", {"channel": "C0RECRUIT", "cursor": "x"}, "invalid_cursor"),
        ("conversations.history", {"channel": "C0RECRUIT", "limit": 0}, "invalid_limit"),
        ("conversations.info", {"channel": "#recruiting"}, "channel_not_found"),
        ("conversations.list", {"types": "planets"}, "invalid_types"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.open", {"users": "U0NOBODY"}, "user_not_found"),
        ("conversations.open", {"users": "U0BOT"}, "cannot_dm_bot"),
        ("chat.dance", {}, "unknown_method"),
    ],
)
async def test_invalid_calls_get_the_errors_of_slack(
    slack_api: LocalSlack, call: Caller, method: str, arguments: dict[str, Any], error: str
) -> None:
    slack_api.workspace.add(Conversation("C0OTHER", "other", is_member=False))
    slack_api.workspace.add(Conversation("C0SECRET", "secret", is_member=False, is_private=True))
    slack_api.workspace.add(Conversation("C0OLD", "old", is_archived=True))
    reply = await call(method, **arguments)
    assert (reply["ok"], reply["error"]) == (False, error)
    assert slack_api.posts == []


async def test_bodies_that_are_not_json_objects_are_refused(call: Caller) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    for body, error in (("{", "invalid_json"), ("[]", "json_not_object")):
        async with call.raw("POST", "auth.test", data=body, headers=headers) as answer:
            assert (await answer.json())["error"] == error


async def test_invalid_blocks_are_refused_with_details(slack_api: LocalSlack, call: Caller) -> None:
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": ""}}]
    reply = await call("chat.postMessage", channel="C0RECRUIT", text="x", blocks=blocks)
    assert reply["error"] == "invalid_blocks"
    assert reply["errors"] == [
        "String should have at least 1 character [json-pointer:/blocks/0/text/text]"
    ]
    assert slack_api.posts == []


async def test_blocks_with_too_much_text_are_refused(call: Caller) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_000}}
    reply = await call("chat.postMessage", channel="C0RECRUIT", text="x", blocks=[section] * 5)
    assert reply["error"] == "msg_blocks_too_long"


async def test_history_is_paginated_newest_first(slack_api: LocalSlack, call: Caller) -> None:
    for number in range(5):
        slack_api.workspace.say("C0RECRUIT", f"message {number}")
    first = await call("conversations.history", channel="C0RECRUIT", limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    second = await call("conversations.history", channel="C0RECRUIT", limit=3, cursor=cursor)
    assert [m["text"] for m in first["messages"]] == ["message 4", "message 3", "message 2"]
    assert [m["text"] for m in second["messages"]] == ["message 1", "message 0"]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert second["response_metadata"] == {"next_cursor": ""}


async def test_history_begins_after_oldest(slack_api: LocalSlack, call: Caller) -> None:
    posts = [slack_api.workspace.say("C0RECRUIT", f"message {number}") for number in range(3)]
    later = await call("conversations.history", channel="C0RECRUIT", oldest=posts[1].ts)
    assert [m["text"] for m in later["messages"]] == ["message 2"]
    same = await call(
        "conversations.history", channel="C0RECRUIT", oldest=posts[1].ts, inclusive=True
    )
    assert [m["text"] for m in same["messages"]] == ["message 2", "message 1"]


async def test_metadata_is_returned_on_request_only(slack_api: LocalSlack, call: Caller) -> None:
    metadata = {"event_type": "x", "event_payload": {}}
    slack_api.workspace.say("C0RECRUIT", "hello", metadata=metadata)
    [without] = (await call("conversations.history", channel="C0RECRUIT"))["messages"]
    assert "metadata" not in without
    async with call.raw(
        "GET",
        "conversations.history",
        params={"channel": "C0RECRUIT", "include_all_metadata": "1"},
    ) as answer:
        [with_it] = (await answer.json())["messages"]
    assert with_it["metadata"] == metadata


async def test_only_messages_of_the_bot_have_a_bot_id(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.workspace.say("C0RECRUIT", "hi", user="U0RECRUITER")
    slack_api.workspace.say("C0RECRUIT", "hi yourself")
    own, theirs = (await call("conversations.history", channel="C0RECRUIT"))["messages"]
    assert "bot_id" not in theirs
    assert own["bot_id"] == "B0BOT"


async def test_channel_lists_are_paginated(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.workspace.add(Conversation("C0OLD", "old", is_archived=True))
    slack_api.workspace.add(Conversation("C0PRIVATE", "private", is_private=True))
    slack_api.workspace.add(Conversation("C0SECRET", "secret", is_private=True, is_member=False))
    first = await call("conversations.list", limit=1, exclude_archived=True)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await call("conversations.list", limit=9, cursor=cursor, exclude_archived=True)
    assert [c["id"] for c in first["channels"] + rest["channels"]] == ["C0RECRUIT", "C0ALERTS"]
    private = await call("conversations.list", types="private_channel")
    assert [c["name"] for c in private["channels"]] == ["private"]


async def test_channel_info_includes_the_membership_of_the_bot(
    slack_api: LocalSlack, call: Caller
) -> None:
    slack_api.workspace.add(Conversation("C0OTHER", "other", is_member=False))
    assert (await call("conversations.info", channel="C0RECRUIT"))["channel"]["is_member"] is True
    assert (await call("conversations.info", channel="C0OTHER"))["channel"]["is_member"] is False


async def test_a_direct_message_is_opened_once(slack_api: LocalSlack, call: Caller) -> None:
    opened = await call("conversations.open", users="U0RECRUITER")
    assert opened["channel"] == {"id": "D0RECRUITER"}
    posted = await call("chat.postMessage", channel="U0RECRUITER", text="psst")
    assert posted["channel"] == "D0RECRUITER"
    info = await call("conversations.info", channel="D0RECRUITER")
    assert info["channel"]["user"] == "U0RECRUITER"
