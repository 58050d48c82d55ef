"""`/juicebox`: routing, help, and the answers while something is unavailable."""

from collections import Counter
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
from bot.slack_app.context import Asker
from bot.slack_app.grammar import COMMANDS, Usage
from bot.slack_app.helping import GROUPS
from bot.slack_app.status import status_commands
from bot.store import Store
from bot.store.connection import connect
from tests.slack_app.conftest import Ask, AskText, Clock

ASKER = Asker("U0RECRUITER", "C0RECRUIT")
SLACK_TIMEOUT = timedelta(seconds=3)
"""https://docs.slack.dev/interactivity/implementing-slash-commands/"""
NO_MEMORY = (
    "I can't reach my memory (Redis) right now, so I can't say what happened. Nothing is lost: what"
    " I have accepted stays stored, and Juicebox repeats what I can't accept. Please try again in a"
    " minute."
)


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP", " help "])
async def test_help_explains_every_command(ask_text: AskText, text: str) -> None:
    lines = (await ask_text(text)).splitlines()
    for usage in COMMANDS.values():
        assert f"`{usage.name}` {usage.summary}" in lines
    assert max(map(len, lines)) < 100


async def test_help_about_one_command_has_its_examples(ask_text: AskText) -> None:
    assert "• `/juicebox subscribe search min:100`" in await ask_text("help subscribe")


@pytest.mark.parametrize("usage", COMMANDS.values(), ids=COMMANDS)
async def test_each_command_is_explained(ask_text: AskText, usage: Usage) -> None:
    shown = (await ask_text(f"help {usage.name.upper()}")).replace("&lt;", "<").replace("&gt;", ">")
    assert shown.startswith(f"`/juicebox {usage.syntax}`\n{usage.summary.capitalize()}")


async def test_help_about_an_unknown_command_suggests_the_nearest(ask: Ask) -> None:
    assert (await ask("help subscibe"))["text"] == "Did you mean /juicebox help subscribe?"


def test_each_command_is_in_one_group() -> None:
    assert Counter(name for _, names in GROUPS for name in names) == Counter(list(COMMANDS))


async def test_an_unknown_command_is_answered_with_the_nearest(ask: Ask) -> None:
    assert (await ask("stats"))["text"] == "Did you mean /juicebox status?"
    assert (await ask("pizza"))["text"].startswith("I don't know “pizza”.")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U0RECRUITER>", "&lt;@U0RECRUITER&gt;"),
        ("<https://evil.example|click>", "&lt;https://evil.example|click&gt;"),
        ('"}],"blocks":[', "}],"),
        ("\\n\\", "\\n\\"),
        ("`*_~", "'*_~"),
        ("{{7*7}}", "{{7*7}}"),
        ("x" * 1900, "x" * 59 + "…"),
    ],
)
async def test_an_unknown_command_can_neither_ping_nor_break_the_answer(
    ask_text: AskText, typed: str, shown: str
) -> None:
    assert await ask_text(typed) == f"I don't know “{shown}”. `/juicebox help` lists what I know."


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
    yield replace_store(commands, Store(redis, retention=timedelta(days=30)))
    await redis.aclose()


def replace_store(commands: SlashCommands, store: Store) -> SlashCommands:
    context = replace(commands.context, store=store)
    return replace(commands, context=context, commands=status_commands(context))


async def test_status_apologizes_while_redis_is_unreachable(
    own_redis: RedisServer, commands: SlashCommands
) -> None:
    async with commands_on(own_redis, commands) as cut_off:
        assert (await cut_off.answer("status", ASKER)).message.blocks
        own_redis.stop()
        for text in ("status", "status evt_1"):
            answer = (await cut_off.answer(text, ASKER)).message
            assert (answer.text, answer.blocks) == (NO_MEMORY, ())
        own_redis.start()
        assert (await cut_off.answer("status", ASKER)).message.blocks


async def test_status_apologizes_when_redis_does_not_reply_in_time(
    own_redis: RedisServer, commands: SlashCommands
) -> None:
    pauser = connect(own_redis.url, timeout=timedelta(seconds=1))
    async with commands_on(own_redis, commands, timedelta(hours=1)) as slow:
        await pauser.execute_command("CLIENT", "PAUSE", 3_600_000, "ALL")
        hurried = replace(slow, timeout=timedelta(seconds=0.1))
        assert (await hurried.answer("status", ASKER)).message.text == NO_MEMORY
    await pauser.aclose()


def test_an_answer_takes_less_time_than_slack_waits() -> None:
    steps = Timeouts()
    total = steps.identify_workspace + steps.answer + steps.publish_home
    assert total < SLACK_TIMEOUT


async def test_help_needs_no_redis(own_redis: RedisServer, commands: SlashCommands) -> None:
    async with commands_on(own_redis, commands) as cut_off:
        own_redis.stop()
        assert (await cut_off.answer("help", ASKER)).message.blocks


async def test_any_other_error_is_answered_with_a_sentence(
    bolt: AsyncApp, ask: Ask, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.fails = RenderError("template _slack/status/slack.json.j2: secret")
    assert (await ask("status"))["text"] == (
        "Something went wrong on my side, and my log says what. Please try again in a minute."
    )
    assert "secret" not in capsys.readouterr().out
