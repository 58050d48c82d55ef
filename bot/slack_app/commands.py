"""`/juicebox`: what was typed after it decides which command answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from redis.exceptions import RedisError

from bot.model import SlackMessage
from bot.slack_app.help import show_help
from bot.slack_app.render import Describe, Render
from bot.slack_app.status import show_status
from bot.slack_app.status_event import show_event
from bot.store import Store

_SECONDS = 1.2
"""With the second that asking for our workspace may take, this leaves Slack's three some air."""

_NO_STORE = (
    "I can't reach my memory (Redis) right now, so I can't say what happened. Nothing is lost: what"
    " I have accepted stays stored, and Juicebox repeats what I can't accept. Please try again in a"
    " minute."
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SlashCommands:
    """Answers every command, whatever happens, well within the three seconds that Slack waits.

    https://docs.slack.dev/interactivity/implementing-slash-commands/
    """

    store: Store
    render: Render
    describe: Describe
    clock: Callable[[], datetime]

    async def answer(self, text: str) -> SlackMessage:
        """The answer to `/juicebox <text>`."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._route(text)
        except (RedisError, OSError) as fault:  # a TimeoutError is an OSError
            _log.warning("command not answered", fault=type(fault).__name__)
            return SlackMessage(_NO_STORE, ())

    async def _route(self, text: str) -> SlackMessage:
        word, rest = [*text.split(maxsplit=1), "", ""][:2]
        match word.casefold(), rest.strip():
            case "status", "":
                return await show_status(self.store, self.render, self.describe, self.clock())
            case "status", event_id:
                return await show_event(self.store, self.render, self.describe, event_id)
            case "" | "help", _:
                return show_help(self.render)
            case _:
                return show_help(self.render, unknown=word)
