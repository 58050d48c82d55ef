"""`/juicebox`: passes what was typed after it to a command, and answers in time."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.grammar import NotUnderstood, parse
from bot.slack_app.helping import help_screen
from bot.transports.slack.message import SlackMessage

_NO_STORE = (
    "I can't reach my memory (Redis) right now, so I can't say what happened. Nothing is lost: what"
    " I have accepted stays stored, and Juicebox repeats what I can't accept. Please try again in a"
    " minute."
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SlashCommands:
    """Answers each command within `timeout`, with an apology if Redis is too slow or unreachable."""

    context: AppContext
    commands: Mapping[str, Command]
    timeout: timedelta

    async def answer(self, text: str, asker: Asker) -> Answer:
        """Return the answer to `/juicebox <text>`."""
        return await self.in_time(self._route(text, asker))

    async def in_time(self, answer: Awaitable[Answer]) -> Answer:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                return await answer
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            _log.warning("command not answered", fault=type(error).__name__)
            return Answer(SlackMessage(_NO_STORE, ()))

    async def _route(self, text: str, asker: Asker) -> Answer:
        try:
            parsed = parse(text, self.context.aliases)
            if parsed.command == "help":
                return Answer(help_screen(self.context, parsed.text))
            return await self.commands[parsed.command](parsed, asker)
        except NotUnderstood as error:
            return Answer(self.context.screen("not_understood", text=str(error)))
