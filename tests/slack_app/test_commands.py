"""What is typed after `/juicebox`, and what it is answered when something is down."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from slack_bolt.async_app import AsyncApp

from bot.errors import RenderError
from bot.fakes.redis_server import RedisServer, redis_server
from bot.slack_app import commands as module
from bot.slack_app import workspace
from bot.slack_app.commands import SlashCommands
from bot.store import Store
from bot.store.connection import connect
from tests.slack_app.conftest import Ask, Clock, Say

SLACK_WAITS_SECONDS = 3
"""https://docs.slack.dev/interactivity/implementing-slash-commands/"""
NO_MEMORY = (
    "I can't reach my memory (Redis) right now, so I can't say what happened. Nothing is lost: what"
    " I have accepted stays stored, and Juicebox repeats what I can't accept. Please try again in a"
    " minute."
)
HELP = """\
`/juicebox status`
The ten latest events: what happened, where it went, and whether it arrived. Also what waits, what is dead, and how much of the quota is used.
`/juicebox status &lt;event id&gt;`
One event's whole way, step by step. The id is below every message that I post.
`/juicebox help`
This page.
Only you see my answers."""


@pytest.mark.parametrize("text", ["", "  ", "help", "HELP", " help me"])
async def test_help_explains_every_command(say: Say, text: str) -> None:
    assert await say(text) == HELP


async def test_help_says_the_same_to_a_screen_reader(ask: Ask) -> None:
    said = await ask("help")
    assert said["text"] == (
        "Try /juicebox status, /juicebox status &lt;event id&gt;, or /juicebox help."
    )


async def test_an_unknown_word_is_named_and_explained(ask: Ask, say: Say) -> None:
    assert await say("stats now") == f"I don't know `stats`. This is what I know:\n{HELP}"
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
async def test_an_unknown_word_can_neither_ping_nor_break_the_answer(
    say: Say, typed: str, shown: str
) -> None:
    assert await say(typed) == f"I don't know `{shown}`. This is what I know:\n{HELP}"


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


async def test_without_redis_status_is_a_sentence_within_the_time_that_slack_waits(
    own_redis: RedisServer, commands: SlashCommands, clock: Clock
) -> None:
    redis = connect(own_redis.url, timeout=timedelta(seconds=1))
    cut_off = SlashCommands(
        Store(redis, retention=timedelta(days=30)), commands.render, commands.describe, clock
    )
    assert (await cut_off.answer("status")).blocks
    own_redis.stop()
    for text in ("status", "status evt_1"):
        answer = await cut_off.answer(text)
        assert (answer.text, answer.blocks) == (NO_MEMORY, ())
    own_redis.start()
    assert (await cut_off.answer("status")).blocks
    await redis.aclose()


async def test_a_redis_that_hangs_is_not_waited_for(
    own_redis: RedisServer, commands: SlashCommands, clock: Clock
) -> None:
    redis = connect(own_redis.url, timeout=timedelta(hours=1))
    slow = SlashCommands(
        Store(redis, retention=timedelta(days=30)), commands.render, commands.describe, clock
    )
    pauser = connect(own_redis.url, timeout=timedelta(seconds=1))
    await pauser.execute_command("CLIENT", "PAUSE", 3_600_000, "ALL")
    assert (await slow.answer("status")).text == NO_MEMORY
    assert module._SECONDS + workspace._ASK_SECONDS < SLACK_WAITS_SECONDS
    await redis.aclose()
    await pauser.aclose()


async def test_help_needs_no_redis(
    own_redis: RedisServer, commands: SlashCommands, clock: Clock
) -> None:
    redis = connect(own_redis.url, timeout=timedelta(seconds=1))
    own_redis.stop()
    cut_off = SlashCommands(
        Store(redis, retention=timedelta(days=30)), commands.render, commands.describe, clock
    )
    assert (await cut_off.answer("help")).blocks
    await redis.aclose()


async def test_what_goes_wrong_elsewhere_is_a_sentence_too(
    bolt: AsyncApp, ask: Ask, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.fails = RenderError("template status/slack.json.j2: secret")
    assert (await ask("status"))["text"] == (
        "Something went wrong on my side, and my log says what. Please try again in a minute."
    )
    assert "secret" not in capsys.readouterr().out
