"""One event as an answer: to operators step by step, to others in words."""

from bot.errors import CorruptRecord
from bot.slack_app.context import AppContext
from bot.transports.slack.message import SlackMessage
from bot.views.event import load_event
from bot.views.outcomes import Reader, event_in_words


async def event_screen(
    context: AppContext, event_id: str, reader: Reader, *, asked: str = ""
) -> SlackMessage:
    """Return the event as the reader may see it; `asked` is what was typed to find it.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    event, readable = None, True
    try:
        if reader.is_operator:
            event = await load_event(context.store, event_id, context.describe)
        elif stored := await context.store.events.get(event_id):
            words = event_in_words(stored, reader, context.describe)
            return context.screen("status_in_words", event=words)
    except CorruptRecord:
        readable = False
    asked = asked or event_id
    return context.screen("status_event", event=event, asked=asked, readable=readable)
