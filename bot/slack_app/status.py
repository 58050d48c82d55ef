"""`/juicebox status`: how things stand, or what became of one event."""

from collections.abc import Mapping
from datetime import timedelta

from bot.model import duration
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.event_lookup import Meant, find_event, which_one
from bot.slack_app.event_screen import event_screen
from bot.slack_app.grammar import Parsed
from bot.slack_app.own_places import sight_of
from bot.transports.slack.message import SlackMessage
from bot.views.outcomes import Reader
from bot.views.status import load_status


def status_commands(context: AppContext) -> Mapping[str, Command]:
    async def status(parsed: Parsed, asker: Asker) -> Answer:
        text = parsed.typed
        if not text:
            return Answer(await _overview(context, (await sight_of(context, asker)).reader))
        found, sight = await find_event(context, text, asker)
        if not isinstance(found, Meant):
            return which_one(context, "status", text, found)
        return Answer(await event_screen(context, found.event_id, sight.reader, asked=text))

    return {"status": status}


async def _overview(context: AppContext, reader: Reader) -> SlackMessage:
    status = await load_status(context.store, context.clock(), context.describe, reader)
    oldest = duration(timedelta(seconds=status.backlog.oldest_seconds))
    return context.screen("status", status=status, oldest=oldest, for_operators=reader.is_operator)
