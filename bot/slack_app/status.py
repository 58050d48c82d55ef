"""`/juicebox status`: how things stand, or one event step by step."""

from collections.abc import Mapping
from datetime import timedelta

from bot.errors import CorruptRecord
from bot.model import duration
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.event_lookup import find_event
from bot.slack_app.grammar import Parsed
from bot.transports.slack.message import SlackMessage
from bot.views.status import load_status


def status_commands(context: AppContext) -> Mapping[str, Command]:
    async def status(parsed: Parsed, _: Asker) -> Answer:
        if parsed.typed:
            return Answer(await event_status(context, parsed.typed))
        return Answer(await overview(context))

    return {"status": status}


async def overview(context: AppContext) -> SlackMessage:
    status = await load_status(context.store, context.clock(), context.describe)
    oldest = duration(timedelta(seconds=status.backlog.oldest_seconds))
    return context.screen("status", status=status, oldest=oldest)


async def event_status(context: AppContext, text: str) -> SlackMessage:
    event, readable = None, True
    try:
        event = await find_event(context.store, text, context.describe)
    except CorruptRecord:
        readable = False
    return context.screen("status_event", event=event, asked=text, readable=readable)
