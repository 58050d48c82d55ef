"""Messages and commands of a user reach the bot as Slack sends them; its response is shown."""

import asyncio

from aiohttp import web

from bot.fakes.slack.api import LocalSlack
from tests.fakes.slack.person_and_app import (
    empty_response,
    ephemeral_messages,
    person_and_app,
    responding,
)


async def test_a_typed_message_is_posted(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.say("C0RECRUIT", "hello <!channel>")
        assert app.bodies == []
    [post] = slack_api.posts
    assert (post.channel, post.user) == ("C0RECRUIT", "U0RECRUITER")
    assert post.text == "hello &lt;!channel&gt;"


async def test_a_command_is_sent_with_all_its_fields(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, responding({"text": "an answer"})) as (person, app):
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


async def test_an_in_channel_response_is_posted(slack_api: LocalSlack) -> None:
    answer = {"response_type": "in_channel", "text": "for all", "blocks": [{"type": "divider"}]}
    async with person_and_app(slack_api, responding(answer)) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [post] = slack_api.posts
    assert (post.text, ephemeral_messages(slack_api)) == ("for all", [])


async def test_an_empty_response_shows_nothing(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, empty_response) as (person, _):
        await person.say("C0RECRUIT", "/juicebox status")
    assert (slack_api.posts, ephemeral_messages(slack_api)) == ([], [])


async def test_plain_text_is_a_response_too(slack_api: LocalSlack) -> None:
    async def plain() -> web.Response:
        return web.Response(text="plain words")

    async with person_and_app(slack_api, plain) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    assert [w.text for w in ephemeral_messages(slack_api)] == ["plain words"]


async def test_slackbot_answers_an_unknown_command(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.say("C0RECRUIT", "/juicer status")
        assert app.bodies == []
    [shown] = ephemeral_messages(slack_api)
    assert shown.text.startswith("`/juicer` is not a valid command.")
    assert shown.user == "USLACKBOT"


async def test_an_error_response_is_shown(slack_api: LocalSlack) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    async with person_and_app(slack_api, broken) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = ephemeral_messages(slack_api)
    assert shown.text == '/juicebox failed with the error "dispatch_failed"'


async def test_a_timeout_is_shown(slack_api: LocalSlack) -> None:
    async def hanging() -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with person_and_app(slack_api, hanging, timeout=0.05) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = ephemeral_messages(slack_api)
    assert shown.text == '/juicebox failed with the error "operation_timeout"'


async def test_an_invalid_response_is_shown_as_an_error(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, responding({"text": "", "blocks": []})) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = ephemeral_messages(slack_api)
    assert shown.text == '/juicebox failed with the error "no_text"'
