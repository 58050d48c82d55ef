"""`/juicebox status`: how things stand, or one event step by step."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from bot.errors import CorruptRecord
from bot.model import Destination, duration
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.event_lookup import Meant, find_event, which_one
from bot.slack_app.grammar import Parsed
from bot.slack_app.own_places import sight_of
from bot.transports.slack.message import SlackMessage
from bot.views.event import load_event
from bot.views.event_search import SearchResult
from bot.views.status import load_status


def status_commands(context: AppContext) -> Mapping[str, Command]:
    async def status(parsed: Parsed, asker: Asker) -> Answer:
        text = parsed.typed
        if not text:
            return Answer(await overview(context))
        found, sees = await asyncio.gather(find_event(context, text), sight_of(context, asker))
        return Answer(await _event_screen(context, text, found, sees))

    return {"status": status}


async def overview(context: AppContext) -> SlackMessage:
    status = await load_status(context.store, context.clock(), context.describe)
    oldest = duration(timedelta(seconds=status.backlog.oldest_seconds))
    return context.screen("status", status=status, oldest=oldest)


async def event_status(context: AppContext, text: str) -> SlackMessage:
    """Return one event step by step, by its id or a part of one, with every destination: for operators."""
    return await _event_screen(context, text, await find_event(context, text), lambda _: True)


async def _event_screen(
    context: AppContext,
    text: str,
    found: Meant | SearchResult,
    sees: Callable[[Destination], bool],
) -> SlackMessage:
    if not isinstance(found, Meant):
        return which_one(context, "status", text, found).message
    event, readable = None, True
    try:
        event = await load_event(context.store, found.event_id, context.describe)
    except CorruptRecord:
        readable = False
    seen = event.as_seen(sees) if event else None
    return context.screen("status_event", event=seen, asked=text, readable=readable)
