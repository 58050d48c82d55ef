"""`/juicebox`: routing, help, and the answers while something is unavailable."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from slack_bolt.async_app import AsyncApp

from bot.errors import RenderError
from bot.fakes.redis_server import RedisServer, redis_server
from bot.slack_app.app import Timeouts
from bot.slack_app.commands import SlashCommands
from bot.store import Store
from bot.store.connection import connect
from tests.slack_app.conftest import Ask, AskText, Clock

SLACK_TIMEOUT = timedelta(seconds=3)
"""https://docs.slack.dev/interactivity/implementing-slash-commands/"""
NO_MEMORY = (
    "I can't reach my memory (Redis) right now, so I can't say what happened. Nothing is lost: what"
    " I have accepted stays stored, and Juicebox repeats what I can't accept. Please try again in a"
    " minute."
)
HELP = """\
`/juicebox status`
The ten latest events: what happened, where it was sent, and whether it arrived. Also the queue, the dead letters, and how much of the quota is used.
`/juicebox status &lt;event id&gt;`
One event, step by step. The id is below every message that I post.
`/juicebox help`
This page.
Only you see my answers."""


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP", " help me"])
async def test_help_explains_every_command(ask_text: AskText, text: str) -> None:
    assert await ask_text(text) == HELP


async def test_help_has_a_text_for_screen_readers(ask: Ask) -> None:
    assert (await ask("help"))["text"] == (
        "Try /juicebox status, /juicebox status &lt;event id&gt;, or /juicebox help."
    )


async def test_an_unknown_command_is_named_and_help_is_shown(ask: Ask, ask_text: AskText) -> None:
    assert await ask_text("stats now") == f"I don't know `stats`. This is what I know:\n{HELP}"
    assert (await ask("stats"))["text"].startswith("I don't know “stats”. Try /juicebox status")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U0RECRUITER>", "&lt;@U0RECRUITER&gt;"),
        ("<https://evil.example|click>", "&lt;https://evil.example|click&gt;"),
        ('"}],"blocks":[', '"}],"blocks":['),
        ("\\n\\", "\\n\\"),
        ("`*_~", "'*_~"),
        ("{{7*7}}", "{{7*7}}"),
        ("x" * 4000, "x" * 59 + "…"),
    ],
)
async def test_an_unknown_command_can_neither_ping_nor_break_the_answer(
    ask_text: AskText, typed: str, shown: str
) -> None:
    assert await ask_text(typed) == f"I don't know `{shown}`. This is what I know:\n{HELP}"


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@asynccontextmanager
async def commands_on(
    server: RedisServer, commands: SlashCommands, reply_timeout: timedelta = timedelta(seconds=1)
) -> AsyncIterator[SlashCommands]:
    """Yield the commands on a Redis server that the test can stop."""
    redis = connect(server.url, timeout=reply_timeout)
    yield replace(commands, store=Store(redis, retention=timedelta(days=30)))
    await redis.aclose()


async def test_status_apologizes_while_redis_is_unreachable(
    own_redis: RedisServer, commands: SlashCommands
) -> None:
    async with commands_on(own_redis, commands) as cut_off:
        assert (await cut_off.answer("status")).blocks
        own_redis.stop()
        for text in ("status", "status evt_1"):
            answer = await cut_off.answer(text)
            assert (answer.text, answer.blocks) == (NO_MEMORY, ())
        own_redis.start()
        assert (await cut_off.answer("status")).blocks


async def test_status_apologizes_when_redis_does_not_reply_in_time(
    own_redis: RedisServer, commands: SlashCommands
) -> None:
    pauser = connect(own_redis.url, timeout=timedelta(seconds=1))
    async with commands_on(own_redis, commands, timedelta(hours=1)) as slow:
        await pauser.execute_command("CLIENT", "PAUSE", 3_600_000, "ALL")
        hurried = replace(slow, timeout=timedelta(seconds=0.1))
        assert (await hurried.answer("status")).text == NO_MEMORY
    await pauser.aclose()


def test_an_answer_takes_less_time_than_slack_waits() -> None:
    steps = Timeouts()
    total = steps.identify_workspace + steps.read_store + steps.publish_home
    assert total < SLACK_TIMEOUT


async def test_help_needs_no_redis(own_redis: RedisServer, commands: SlashCommands) -> None:
    async with commands_on(own_redis, commands) as cut_off:
        own_redis.stop()
        assert (await cut_off.answer("help")).blocks


async def test_any_other_error_is_answered_with_a_sentence(
    bolt: AsyncApp, ask: Ask, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.fails = RenderError("template _slack/status/slack.json.j2: secret")
    assert (await ask("status"))["text"] == (
        "Something went wrong on my side, and my log says what. Please try again in a minute."
    )
    assert "secret" not in capsys.readouterr().out
