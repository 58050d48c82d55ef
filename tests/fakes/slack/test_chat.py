"""The local Slack updates and deletes messages, and posts ephemeral ones, as Slack does."""

from typing import Any

import pytest

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation
from tests.fakes.slack.conftest import Caller

DIVIDER = [{"type": "divider"}]


async def posted(call: Caller, **more: Any) -> dict[str, Any]:
    return await call("chat.postMessage", channel="C0RECRUIT", text="before", **more)


async def test_an_updated_message_is_marked_as_edited(call: Caller, slack_api: LocalSlack) -> None:
    ts = (await posted(call))["ts"]
    changed = await call("chat.update", channel="C0RECRUIT", ts=ts, text="after", blocks=DIVIDER)
    assert (changed["ok"], changed["ts"], changed["text"]) == (True, ts, "after")
    [message] = (await call("conversations.history", channel="C0RECRUIT"))["messages"]
    assert (message["text"], message["blocks"]) == ("after", DIVIDER)
    assert message["edited"]["user"] == "U0BOT"
    [edit] = slack_api.workspace.edits
    assert (edit.ts, edit.text, edit.deleted) == (ts, "after", False)
    assert edit.edited_at is not None


async def test_a_message_is_deleted(call: Caller, slack_api: LocalSlack) -> None:
    ts = (await posted(call))["ts"]
    assert (await call("chat.delete", channel="C0RECRUIT", ts=ts))["ok"]
    assert (await call("conversations.history", channel="C0RECRUIT"))["messages"] == []
    [edit] = slack_api.workspace.edits
    assert edit.deleted


@pytest.mark.parametrize(
    ("method", "refusal"),
    [("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")],
)
async def test_messages_of_other_users_are_refused(
    call: Caller, slack_api: LocalSlack, method: str, refusal: str
) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "mine", user="U0RECRUITER")
    reply = await call(method, channel="C0RECRUIT", ts=post.ts, text="x")
    assert reply == {"ok": False, "error": refusal}
    missing = await call(method, channel="C0RECRUIT", ts="1.000000", text="x")
    assert missing["error"] == "message_not_found"


async def test_an_update_is_validated_like_a_new_message(call: Caller) -> None:
    ts = (await posted(call))["ts"]
    bad = await call("chat.update", channel="C0RECRUIT", ts=ts, blocks=[{"type": "nonsense"}])
    assert bad["error"] == "invalid_blocks"
    empty = await call("chat.update", channel="C0RECRUIT", ts=ts)
    assert empty["error"] == "no_text"


async def test_an_ephemeral_message_is_shown_and_not_stored(
    call: Caller, slack_api: LocalSlack
) -> None:
    shown = await call(
        "chat.postEphemeral", channel="C0RECRUIT", user="U0RECRUITER", text="psst", blocks=DIVIDER
    )
    [post_ephemeral] = slack_api.workspace.ephemeral_messages
    assert (post_ephemeral.ts, post_ephemeral.text) == (shown["message_ts"], "psst")
    assert (await call("conversations.history", channel="C0RECRUIT"))["messages"] == []


@pytest.mark.parametrize(
    ("channel", "user"), [("C0RECRUIT", "U0NOBODY"), ("D0OPERATOR", "U0RECRUITER")]
)
async def test_ephemeral_messages_require_membership(
    call: Caller, slack_api: LocalSlack, channel: str, user: str
) -> None:
    slack_api.workspace.direct_message("U0OPERATOR")
    stranger = await call("chat.postEphemeral", channel=channel, user=user, text="psst")
    assert stranger["error"] == "user_not_in_channel"


async def test_ephemeral_messages_require_an_open_channel(
    call: Caller, slack_api: LocalSlack
) -> None:
    slack_api.workspace.add(Conversation("C0OLD", "old", is_archived=True))
    late = await call("chat.postEphemeral", channel="C0OLD", user="U0RECRUITER", text="psst")
    assert late["error"] == "is_archived"


async def test_a_reply_belongs_to_its_thread(call: Caller, slack_api: LocalSlack) -> None:
    ts = (await posted(call))["ts"]
    replies = [await posted(call, thread_ts=ts) for _ in range(2)]
    assert replies[0]["message"]["thread_ts"] == ts
    [parent] = (await call("conversations.history", channel="C0RECRUIT"))["messages"]
    assert {name: parent[name] for name in ("ts", "thread_ts", "reply_count", "latest_reply")} == {
        "ts": ts,
        "thread_ts": ts,
        "reply_count": 2,
        "latest_reply": replies[1]["ts"],
    }
    assert parent["reply_users"] == ["U0BOT"]
    assert [post.thread_ts for post in slack_api.posts] == [None, ts, ts]


async def test_a_thread_requires_a_message_of_the_channel(
    call: Caller, slack_api: LocalSlack
) -> None:
    elsewhere = slack_api.workspace.say("C0ALERTS", "elsewhere")
    ts = (await posted(call))["ts"]
    reply = await posted(call, thread_ts=ts)
    for nowhere in ("1.000000", elsewhere.ts, reply["ts"]):
        assert (await posted(call, thread_ts=nowhere))["error"] == "thread_not_found"
