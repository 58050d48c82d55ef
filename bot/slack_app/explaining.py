"""`/juicebox why`: why a message came to one's own places, or did not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.errors import CorruptRecord
from bot.model import Event, Notification
from bot.model.subscription import Place
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.event_lookup import Meant, find_event, which_one
from bot.slack_app.explanation import Question, Reason, concerns, explain
from bot.slack_app.grammar import Parsed
from bot.slack_app.own_places import OwnPlace, Sight
from bot.store.stored_event import StoredEvent
from bot.views.event import view_of

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlaceReasons:
    """One of the asker's places, and why it got a message, or did not."""

    place: OwnPlace
    reasons: Sequence[Reason]


def why_commands(context: AppContext) -> Mapping[str, Command]:
    async def why(parsed: Parsed, asker: Asker) -> Answer:
        asked = parsed.typed
        found, sight = await find_event(context, asked, asker, in_texts=True)
        if not isinstance(found, Meant):
            return which_one(context, "why", asked, found)
        try:
            stored = await context.store.events.get(found.event_id)
        except CorruptRecord:
            stored = None
        if stored is None:
            screen = context.screen("status_event", event=None, asked=asked, readable=False)
            return Answer(screen)
        return await _explained(context, asker, stored, sight)

    return {"why": why}


async def _explained(
    context: AppContext, asker: Asker, stored: StoredEvent, sight: Sight
) -> Answer:
    notifications = _notifications(context, stored.event)
    may_read = sight.reader.may_read(stored.deliveries)
    answers: list[PlaceReasons] = []
    left_out: list[OwnPlace] = []
    for number, own in enumerate(sight.places):
        question = Question(
            stored,
            own.spellings,
            await _place(context, own),
            notifications,
            context.audiences,
        )
        if number == 0 or concerns(question):
            reasons = [_as_seen(reason, may_read=may_read) for reason in explain(question)]
            answers.append(PlaceReasons(own, reasons))
        else:
            left_out.append(own)
    return Answer(
        context.screen(
            "why",
            event=view_of(stored, (), context.describe).as_seen(sight.reader),
            answers=answers,
            left_out=left_out,
            for_operators=sight.reader.is_operator,
            asker=asker.user,
            kind=_short_name(context, stored.event.type),
        )
    )


def _as_seen(reason: Reason, *, may_read: bool) -> Reason:
    """Return the reason without what the event says, if that may not be read."""
    is_filter = reason.kind in {"query", "minimum"}
    return Reason("filter", number=reason.number) if is_filter and not may_read else reason


async def _place(context: AppContext, own: OwnPlace) -> Place:
    """Return what was chosen for the place, under whichever spelling it is kept."""
    found = [await context.store.places.get(to) for to in sorted(own.spellings, key=str)]
    return next((place for place in found if place != Place()), Place())


def _notifications(context: AppContext, event: Event) -> Sequence[Notification] | None:
    """Return what the event's handler asks for; None if it fails now."""
    try:
        return context.notifications(event)
    except Exception as error:  # noqa: BLE001  # another release accepted it, or the handler has a bug
        _log.warning("event not explained", event_id=event.id, fault=type(error).__name__)
        return None


def _short_name(context: AppContext, event_type: str) -> str:
    """Return what to type for the type of event."""
    short = next((name for name, full in context.aliases.items() if full == event_type), "")
    return short or event_type
