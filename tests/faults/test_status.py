"""`/juicebox status`, sent to the whole bot as Slack sends it."""

import json

import httpx

from bot.fakes.slack.block_kit import block_errors
from tests.app import Bot, envelope
from tests.faults.test_once import settled
from tests.slack_app.traffic import signed, slash_command


async def ask(bot: Bot, text: str) -> httpx.Response:
    body = slash_command(text)
    return await bot.client.post("/slack/events", content=body, headers=signed(body))


async def test_a_signed_status_command_shows_what_happened(bot: Bot) -> None:
    await bot.receive(envelope())
    await settled(bot)
    answer = (await ask(bot, "status")).json()
    assert answer["response_type"] == "ephemeral"
    assert block_errors(answer["blocks"]) == []
    shown = json.dumps(answer["blocks"], ensure_ascii=False)
    assert "Search completed with 1,204 results" in shown
    assert "✅ Search completed with 1,204 results" in shown


async def test_a_test_message_goes_the_whole_way(bot: Bot) -> None:
    body = slash_command("test", response_url=bot.slack.response_url("C0RECRUIT"))
    answer = await bot.client.post("/slack/events", content=body, headers=signed(body))
    assert "A test message is on its way" in answer.json()["text"]
    [post] = await bot.slack.wait_for(1)
    assert (post.channel, post.text.partition(":")[0]) == ("C0RECRUIT", "Test")
    [told] = await bot.slack.workspace.ephemeral_messages.wait_for(1, 30)
    assert told.text.startswith("✅ The test message has arrived. It took ")
    assert bot.inbox.mails == []
