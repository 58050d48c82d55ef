"""`/juicebox`: routes what was typed after it to a command."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot.errors import CorruptRecord
from bot.model import SlackMessage
from bot.slack_app.status import status_context
from bot.slack_app.status_event import event_context, find_event
from bot.store import Store
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
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                return await self._route(text)
        except (RedisError, OSError) as fault:  # a TimeoutError is an OSError
            _log.warning("command not answered", fault=type(fault).__name__)
            return SlackMessage(_NO_STORE, ())

    async def _route(self, text: str) -> SlackMessage:
        word, rest = [*text.split(maxsplit=1), "", ""][:2]
        match word.casefold(), rest.strip():
            case "status", "":
                return await self._status()
            case "status", event_id:
                return await self._event(event_id)
            case "" | "help", _:
                return self._help()
            case _:
                return self._help(unknown=word)

    async def _status(self) -> SlackMessage:
        status = await load_status(self.store, self.clock(), self.describe)
        return self.render("_slack/status", status_context(status))

    async def _event(self, text: str) -> SlackMessage:
        missing = {"event": None, "asked": text, "readable": True}
        try:
            event = await find_event(self.store, text, self.describe)
        except CorruptRecord:
            return self.render("_slack/status_event", missing | {"readable": False})
        return self.render("_slack/status_event", event_context(event) if event else missing)

    def _help(self, unknown: str = "") -> SlackMessage:
        return self.render("_slack/help", {"unknown": unknown})
