"""Faults of the local Slack, and waiting for its messages and calls."""

import asyncio

import aiohttp
import pytest

from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.fakes.slack.workspace import Conversation
from tests.fakes.slack.conftest import Caller


async def test_every_call_is_recorded_with_its_time(slack_api: LocalSlack, call: Caller) -> None:
    await call("auth.test")
    await call("chat.postMessage", channel="C0NONE", text="x")
    assert [c.method for c in slack_api.calls()] == ["auth.test", "chat.postMessage"]
    [posted] = slack_api.calls("chat.postMessage")
    assert posted.arguments == {"channel": "C0NONE", "text": "x"}
    assert posted.at > slack_api.calls("auth.test")[0].at


async def test_planned_faults_happen_once_and_in_order(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.plan_faults(
        "chat.postMessage",
        [HttpFault.status(503), None, HttpFault.error("fatal_error"), HttpFault.rate_limited(7)],
    )
    async with call.raw("POST", "chat.postMessage") as answer:
        assert answer.status == 503
    assert (await call("chat.postMessage", channel="C0RECRUIT", text="x"))["ok"] is True
    assert await call("chat.postMessage") == {"ok": False, "error": "fatal_error"}
    async with call.raw("POST", "chat.postMessage") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert (await call("chat.postMessage", channel="C0RECRUIT", text="x"))["ok"] is True
    assert len(slack_api.posts) == 2


async def test_a_lost_reply_keeps_the_message(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.lost_reply(), HttpFault.dropped()])
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await call("chat.postMessage", channel="C0RECRUIT", text="x")
    assert len(slack_api.posts) == 1


async def test_an_unreadable_reply_keeps_the_message(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.garbage("<html>", "text/html")])
    arguments = {"channel": "C0RECRUIT", "text": "x"}
    async with call.raw("POST", "chat.postMessage", json=arguments) as answer:
        assert (answer.status, await answer.text()) == (200, "<html>")
    assert len(slack_api.posts) == 1


async def test_a_hanging_call_never_returns(slack_api: LocalSlack, call: Caller) -> None:
    slack_api.plan_faults("auth.test", [HttpFault.hang()])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await call("auth.test")


async def test_a_channel_can_be_limited_to_one_message_per_second() -> None:
    async with (
        LocalSlack(messages_per_second=1) as api,
        aiohttp.ClientSession() as session,
    ):
        call = Caller(api, session)
        invalid = await call("chat.postMessage", channel="C0RECRUIT", text="")
        assert invalid["error"] == "no_text"
        assert (await call("chat.postMessage", channel="#recruiting", text="x"))["ok"] is True
        assert (await call("chat.postMessage", channel="C0ALERTS", text="x"))["ok"] is True
        again = {"channel": "C0RECRUIT", "text": "x"}
        async with call.raw("POST", "chat.postMessage", json=again) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
            assert await answer.json() == {"ok": False, "error": "ratelimited"}
    assert len(api.posts) == 2


async def test_messages_and_calls_can_be_awaited(slack_api: LocalSlack, call: Caller) -> None:
    waiting = asyncio.create_task(slack_api.wait_for(1))
    calls = asyncio.create_task(slack_api.wait_for_calls("chat.postMessage", 1))
    await call("chat.postMessage", channel="C0RECRUIT", text="x")
    assert [p.text for p in await waiting] == ["x"]
    assert len(await calls) == 1
    with pytest.raises(TimeoutError, match=r"1 of 2 messages arrived within 0\.01 s"):
        await slack_api.wait_for(2, timeout=0.01)


async def test_a_given_port_is_served() -> None:
    async with LocalSlack() as first:
        port = first.port
    async with LocalSlack(port) as second:
        assert second.url == f"http://127.0.0.1:{port}/api/"


@pytest.mark.parametrize(
    ("scope", "permitted"),
    [
        ("channels:history", "C0RECRUIT"),
        ("groups:history", "G0SECRET"),
        ("im:history", "D0RECRUITER"),
    ],
)
async def test_history_requires_the_scope_of_its_conversation_type(
    scope: str, permitted: str
) -> None:
    async with LocalSlack(scopes=[scope]) as api, aiohttp.ClientSession() as session:
        api.workspace.add(Conversation("G0SECRET", "secret", is_private=True))
        api.workspace.direct_message("U0RECRUITER")
        call = Caller(api, session)
        for channel in ("C0RECRUIT", "G0SECRET", "D0RECRUITER"):
            reply = await call("conversations.history", channel=channel)
            assert reply.get("error") == (None if channel == permitted else "missing_scope")
