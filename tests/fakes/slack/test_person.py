"""What a person does in the local Slack reaches the bot as Slack would send it, and its answer is seen."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.fakes.slack import person as module
from bot.fakes.slack.api import LocalSlack
from tests.fakes.slack.at_work import at_work, ephemeral_messages, nothing, saying


async def test_what_is_typed_is_said(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, app):
        await person.say("C0RECRUIT", "hello <!channel>")
        assert app.bodies == []
    [post] = slack_api.posts
    assert (post.channel, post.user) == ("C0RECRUIT", "U0RECRUITER")
    assert post.text == "hello &lt;!channel&gt;"


async def test_a_command_is_sent_with_all_its_fields(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, saying({"text": "an answer"})) as (person, app):
        await person.say("C0RECRUIT", "/juicebox  status evt_1 ")
        sent = app.fields
    assert {name: sent[name] for name in ("command", "text", "channel_id", "channel_name")} == {
        "command": "/juicebox",
        "text": "status evt_1",
        "channel_id": "C0RECRUIT",
        "channel_name": "recruiting",
    }
    assert (sent["user_id"], sent["team_id"]) == ("U0RECRUITER", "T0JUICEBOX")
    [shown] = ephemeral_messages(slack_api)
    assert (shown.channel, shown.text, shown.user) == ("C0RECRUIT", "an answer", "U0BOT")
    assert slack_api.posts == []


async def test_an_answer_for_all_is_posted(slack_api: LocalSlack) -> None:
    answer = {"response_type": "in_channel", "text": "for all", "blocks": [{"type": "divider"}]}
    async with at_work(slack_api, saying(answer)) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [post] = slack_api.posts
    assert (post.text, ephemeral_messages(slack_api)) == ("for all", [])


async def test_no_answer_shows_nothing(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, _):
        await person.say("C0RECRUIT", "/juicebox status")
    assert (slack_api.posts, ephemeral_messages(slack_api)) == ([], [])


async def test_plain_text_is_an_answer_too(slack_api: LocalSlack) -> None:
    async def plain() -> web.Response:
        return web.Response(text="plain words")

    async with at_work(slack_api, plain) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    assert [w.text for w in ephemeral_messages(slack_api)] == ["plain words"]


async def test_a_command_of_no_app_is_answered_by_slackbot(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, app):
        await person.say("C0RECRUIT", "/juicer status")
        assert app.bodies == []
    [shown] = ephemeral_messages(slack_api)
    assert shown.text.startswith("`/juicer` is not a valid command.")
    assert shown.user == "USLACKBOT"


async def test_a_bot_that_answers_an_error_is_told_of(slack_api: LocalSlack) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    async with at_work(slack_api, broken) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = ephemeral_messages(slack_api)
    assert shown.text == '/juicebox failed with the error "dispatch_failed"'


async def test_a_bot_that_takes_too_long_is_told_of(
    slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging() -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    monkeypatch.setattr(module, "_PATIENCE", aiohttp.ClientTimeout(total=0.05))
    async with at_work(slack_api, hanging) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = ephemeral_messages(slack_api)
    assert shown.text == '/juicebox failed with the error "operation_timeout"'


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"response_type": "loud", "text": "x"}, "invalid_payload"),
    ],
)
async def test_an_answer_that_slack_would_refuse_is_refused(
    slack_api: LocalSlack, answer: dict[str, Any], error: str
) -> None:
    async with at_work(slack_api, saying(answer)) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    assert [w.text for w in ephemeral_messages(slack_api)] == [
        f'/juicebox failed with the error "{error}"'
    ]
