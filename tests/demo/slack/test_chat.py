"""The local Slack changes, takes away and whispers messages as Slack does."""

from typing import Any

import pytest

from bot.demo.slack.api import LocalSlack
from tests.demo.slack.conftest import Caller

DIVIDER = [{"type": "divider"}]


async def posted(call: Caller, **more: Any) -> dict[str, Any]:
    return await call("chat.postMessage", channel="C0RECRUIT", text="before", **more)


async def test_a_message_is_changed_and_says_so(call: Caller, slack_api: LocalSlack) -> None:
    ts = (await posted(call))["ts"]
    changed = await call("chat.update", channel="C0RECRUIT", ts=ts, text="after", blocks=DIVIDER)
    assert (changed["ok"], changed["ts"], changed["text"]) == (True, ts, "after")
    [message] = (await call("conversations.history", channel="C0RECRUIT"))["messages"]
    assert (message["text"], message["blocks"]) == ("after", DIVIDER)
    assert message["edited"]["user"] == "U0BOT"
    [edit] = slack_api.workspace.edits
    assert (edit.ts, edit.text, edit.deleted) == (ts, "after", False)
    assert edit.edited_at is not None


async def test_a_message_is_taken_away(call: Caller, slack_api: LocalSlack) -> None:
    ts = (await posted(call))["ts"]
    assert (await call("chat.delete", channel="C0RECRUIT", ts=ts))["ok"]
    assert (await call("conversations.history", channel="C0RECRUIT"))["messages"] == []
    [edit] = slack_api.workspace.edits
    assert edit.deleted


@pytest.mark.parametrize(
    ("method", "refusal"),
    [("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")],
)
async def test_other_peoples_messages_are_left_alone(
    call: Caller, slack_api: LocalSlack, method: str, refusal: str
) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "mine", user="U0RECRUITER")
    reply = await call(method, channel="C0RECRUIT", ts=post.ts, text="x")
    assert reply == {"ok": False, "error": refusal}
    missing = await call(method, channel="C0RECRUIT", ts="1.000000", text="x")
    assert missing["error"] == "message_not_found"


async def test_a_change_is_as_strict_as_a_new_message(call: Caller) -> None:
    ts = (await posted(call))["ts"]
    bad = await call("chat.update", channel="C0RECRUIT", ts=ts, blocks=[{"type": "nonsense"}])
    assert bad["error"] == "invalid_blocks"
    empty = await call("chat.update", channel="C0RECRUIT", ts=ts)
    assert empty["error"] == "no_text"


async def test_an_ephemeral_message_is_seen_and_not_kept(
    call: Caller, slack_api: LocalSlack
) -> None:
    shown = await call(
        "chat.postEphemeral", channel="C0RECRUIT", user="U0RECRUITER", text="psst", blocks=DIVIDER
    )
    [whisper] = slack_api.workspace.whispers
    assert (whisper.ts, whisper.text) == (shown["message_ts"], "psst")
    assert (await call("conversations.history", channel="C0RECRUIT"))["messages"] == []
    stranger = await call("chat.postEphemeral", channel="C0RECRUIT", user="U0NOBODY", text="psst")
    assert stranger["error"] == "user_not_in_channel"
