"""`/juicebox`: routes what was typed after it to a command."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot.errors import CorruptRecord
from bot.model import duration
from bot.slack_app.event_lookup import find_event
from bot.slack_app.screens import FUNCTIONS
from bot.store import Store
from bot.transports.slack.message import SlackMessage
from bot.views.event_summary import Describe
from bot.views.status import load_status

Render = Callable[[str, Mapping[str, Any]], SlackMessage]
"""Renders a folder of `templates/` with the context that its template sees."""

_NO_STORE = (
    "I can't reach my memory (Redis) right now, so I can't say what happened. Nothing is lost: what"
    " I have accepted stays stored, and Juicebox repeats what I can't accept. Please try again in a"
    " minute."
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SlashCommands:
    """Answers each command within `timeout`, with an apology if Redis is too slow or unreachable."""

    store: Store
    render: Render
    describe: Describe
    clock: Callable[[], datetime]
    timeout: timedelta

    async def answer(self, text: str) -> SlackMessage:
        """Return the answer to `/juicebox <text>`."""
        return await self._in_time(self._route(text))

    async def status(self) -> SlackMessage:
        """Return the answer to `/juicebox status`."""
        return await self._in_time(self._status())

    async def _in_time(self, answer: Awaitable[SlackMessage]) -> SlackMessage:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                return await answer
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            _log.warning("command not answered", fault=type(error).__name__)
            return SlackMessage(_NO_STORE, ())

    async def _route(self, text: str) -> SlackMessage:
        word, rest = [*text.split(maxsplit=1), "", ""][:2]
        match word.casefold(), rest.strip():
            case "status", "":
                return await self._status()
            case "status", event_id:
                return await self._event(event_id)
            case "" | "help", _:
                return self._screen("help", unknown="")
            case _:
                return self._screen("help", unknown=word)

    async def _status(self) -> SlackMessage:
        status = await load_status(self.store, self.clock(), self.describe)
        oldest = duration(timedelta(seconds=status.backlog.oldest_seconds))
        return self._screen("status", status=status, oldest=oldest)

    async def _event(self, text: str) -> SlackMessage:
        event, readable = None, True
        try:
            event = await find_event(self.store, text, self.describe)
        except CorruptRecord:
            readable = False
        return self._screen("status_event", event=event, asked=text, readable=readable)

    def _screen(self, name: str, **context: object) -> SlackMessage:
        return self.render(f"_slack/{name}", {**FUNCTIONS, **context})
