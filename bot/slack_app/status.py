"""`/juicebox status`: how things stand, or one event step by step."""

from collections.abc import Mapping
from datetime import timedelta

from bot.errors import CorruptRecord
from bot.model import duration
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.event_lookup import Meant, find_event, which_one
from bot.slack_app.grammar import Parsed
from bot.transports.slack.message import SlackMessage
from bot.views.event import load_event
from bot.views.status import load_status


def status_commands(context: AppContext) -> Mapping[str, Command]:
    async def status(parsed: Parsed, _: Asker) -> Answer:
        if parsed.typed:
            return await event_status(context, parsed.typed)
        return Answer(await overview(context))

    return {"status": status}


async def overview(context: AppContext) -> SlackMessage:
    status = await load_status(context.store, context.clock(), context.describe)
    oldest = duration(timedelta(seconds=status.backlog.oldest_seconds))
    return context.screen("status", status=status, oldest=oldest)


async def event_status(context: AppContext, text: str) -> Answer:
    """Return one event step by step, by its id or a part of one."""
    found = await find_event(context, text)
    if not isinstance(found, Meant):
        return which_one(context, "status", text, found)
    event, readable = None, True
    try:
        event = await load_event(context.store, found.event_id, context.describe)
    except CorruptRecord:
        readable = False
    return Answer(context.screen("status_event", event=event, asked=text, readable=readable))
