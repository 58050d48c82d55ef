"""Retry and Show details of a failure notice, for operators."""

from dataclasses import dataclass

import structlog

from bot.delivery.outcome import Outcome, outcome_of, updated_notification
from bot.delivery.requeue import requeue_dead_letter
from bot.errors import CorruptRecord
from bot.model import NOTICE_TEMPLATE, DeadLetter
from bot.rendering.templates import context_of
from bot.slack_app.context import Answer, AppContext, Update
from bot.slack_app.event_screen import event_screen
from bot.slack_app.own_places import sight_of
from bot.slack_app.permissions import refusal
from bot.slack_app.press import Press
from bot.store.stored_event import StoredEvent
from bot.transports.slack.message import SlackMessage

_DAMAGED = (
    "This button is damaged, so nothing was done. `/juicebox failed` lists what can be retried."
)
_GONE = "I no longer keep this event, so it cannot be retried."
_UNREADABLE = "What I stored about this in Redis cannot be read, so it cannot be retried."
_ANSWERS = {
    Outcome.FAILED: "Retry under way. The notice will say how it went.",
    Outcome.UNDER_WAY: "A retry is under way already. The notice will say how it went.",
    Outcome.SENT: "It has been sent already, so there is nothing to retry.",
    Outcome.HANDLED: "It has been handled already, so there is nothing to retry.",
    Outcome.NOT_SENT: "It is not to be sent any more, so there is nothing to retry.",
}

_log = structlog.get_logger()


async def retry(context: AppContext, press: Press) -> Answer:
    """Requeue the dead letter, and have its notice say so."""
    refused = await refusal(context, press.user, None, press.team)
    dead = _subject(press)
    if refused or dead is None:
        return Answer(context.screen("pressed", text=refused or _DAMAGED))
    try:
        stored = await context.store.events.get(dead.event_id)
        if stored is None:
            return Answer(context.screen("pressed", text=_GONE))
        outcome = outcome_of(stored, dead)
        if outcome in {Outcome.FAILED, Outcome.UNDER_WAY}:  # the job of the latter may be lost
            await requeue_dead_letter(context.store, dead, context.clock())
            _log.info("retried by hand", event_id=dead.event_id, by=press.user)
    except CorruptRecord:
        return Answer(context.screen("pressed", text=_UNREADABLE))
    message = context.screen("pressed", text=_ANSWERS[outcome])
    if outcome is Outcome.UNDER_WAY:
        return Answer(message)
    notice = _Notice(context, dead, stored, press.user)
    return Answer(message, edit=notice.retried if outcome is Outcome.FAILED else notice.resolved)


async def show_details(context: AppContext, press: Press) -> Answer:
    """Show the event, as far as the presser may know of it."""
    refused = await refusal(context, press.user, None, press.team)
    dead = _subject(press)
    if refused or dead is None:
        return Answer(context.screen("pressed", text=refused or _DAMAGED))
    sight = await sight_of(context, press.asker)
    return Answer(await event_screen(context, dead.event_id, sight.reader))


@dataclass(frozen=True, slots=True)
class _Notice:
    """The notice that `user` pressed the button of, and the event as it was before."""

    context: AppContext
    dead: DeadLetter
    stored: StoredEvent
    user: str

    async def resolved(self, update: Update) -> None:
        """Have the notice say what has become of the failure before."""
        await update(self._rendered(self.stored, outcome_of(self.stored, self.dead)))

    async def retried(self, update: Update) -> None:
        """Have the notice say that the retry is under way, and by whom.

        A worker may have edited it before that, to say how the retry went. Therefore it is edited once
        more if the retry has ended by then.
        """
        await update(self._rendered(self.stored, Outcome.UNDER_WAY, self.user))
        stored = await self.context.store.events.get(self.dead.event_id)
        outcome = outcome_of(stored, self.dead) if stored else Outcome.NOT_SENT
        if outcome is Outcome.FAILED:
            outcome = Outcome.FAILED_AGAIN
        if outcome is not Outcome.UNDER_WAY:
            await update(self._rendered(stored or self.stored, outcome))

    def _rendered(self, stored: StoredEvent, outcome: Outcome, by: str = "") -> SlackMessage:
        notification = updated_notification(stored, self.dead, outcome, by)
        now = self.context.clock()
        return self.context.render(NOTICE_TEMPLATE, context_of(notification, now))


def _subject(press: Press) -> DeadLetter | None:
    try:
        return DeadLetter.parse(press.value)
    except ValueError:
        return None
