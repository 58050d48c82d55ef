"""`/juicebox failed` and `retry`: what could not be sent, and sending it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from pydantic import AliasPath, BaseModel, Field, ValidationError
from redis.exceptions import RedisError

from bot.delivery.requeue import requeue, requeue_all
from bot.errors import CorruptRecord, InvalidEnvelope
from bot.model import DeadLetter, Delivery, DeliveryState, Destination, EventState, Transport
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.event_lookup import Meant, find_event, which_one
from bot.slack_app.grammar import Parsed
from bot.slack_app.own_places import sight_of
from bot.slack_app.permissions import refusal
from bot.slack_app.responding import respond
from bot.slack_app.workspace import WorkspaceUnknown
from bot.store.stored_event import StoredEvent
from bot.transports.slack.message import SlackMessage
from bot.views.outcomes import Reader, summary_for
from bot.views.reasons import plain_reason

RETRY_ALL = "retry_all"
"""The action of the button that retries every dead letter."""
_MOST_SHOWN = 10

_log = structlog.get_logger()


class _Pressed(BaseModel):
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload."""

    user: str = Field(validation_alias=AliasPath("user", "id"))
    channel: str = Field(validation_alias=AliasPath("channel", "id"))
    response_url: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A dead letter as it is listed; `summary` is empty if its event is not readable."""

    id: str
    summary: str = ""
    destination: Destination | None = None
    failed_at: datetime | None = None
    reason: str = ""
    raw: str = ""
    maybe_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry did: `deliveries` are sent again, and the handler of the event runs again or not."""

    summary: str
    event_id: str
    deliveries: Sequence[Delivery] = ()
    is_handled_again: bool = False
    is_waiting: bool = False
    """Whether something about it is under way already."""


def operating_commands(context: AppContext) -> Mapping[str, Command]:
    async def failed(_: Parsed, asker: Asker) -> Answer:
        refused = await refusal(context, asker.user)
        if refused:
            return Answer(_sentence(context, refused))
        return Answer(await _failures(context, (await sight_of(context, asker)).reader))

    async def retry(parsed: Parsed, asker: Asker) -> Answer:
        refused = await refusal(context, asker.user)
        if refused:
            return Answer(_sentence(context, refused))
        if parsed.typed.casefold() == "all":
            return Answer(await _ask_about_all(context))
        found, sight = await find_event(context, parsed.typed, asker)
        if not isinstance(found, Meant):
            return which_one(context, "retry", parsed.typed, found)
        return Answer(await _retry_one(context, found, sight.reader, by=asker.user))

    return {"failed": failed, "retry": retry}


async def _failures(context: AppContext, reader: Reader) -> SlackMessage:
    """Return the list of dead letters, the latest first, as far as the reader may know of them."""
    dead = await context.store.dead_letters(context.clock())
    shown = dead[:_MOST_SHOWN]
    events = await context.store.events.with_ids(list({found.event_id for found in shown}))
    listed = [_failure(context, reader, d, events.get(d.event_id)) for d in shown]
    return context.screen("failed", failures=listed, count=len(dead))


def _failure(
    context: AppContext, reader: Reader, dead: DeadLetter, stored: StoredEvent | None
) -> Failure:
    if stored is None:
        return Failure(dead.id)
    summary = summary_for(reader, stored, context.describe)
    if not dead.delivery_id:
        reason = "what Juicebox sent could not be understood"
        raw = stored.reason if reader.is_operator else ""
        return Failure(dead.id, summary, None, stored.concluded_at, reason, raw)
    delivery = stored.delivery(dead.delivery_id)
    if delivery is None:
        return Failure(dead.id, summary)
    to = delivery.destination
    return Failure(
        id=dead.id,
        summary=summary,
        destination=reader.named(to) if to else None,
        failed_at=delivery.updated_at,
        reason=plain_reason(delivery.reason, to.transport if to else Transport.SLACK),
        raw=delivery.reason if reader.is_operator else "",
        maybe_delivered=delivery.maybe_delivered,
    )


async def _retry_one(context: AppContext, meant: Meant, reader: Reader, *, by: str) -> SlackMessage:
    """Send again what has failed of an event, or one delivery; return what was done in words."""
    retried = await retry_event(context, meant, reader, by=by)
    if retried is None:
        return context.screen("status_event", event=None, asked=meant.subject_id, readable=False)
    return context.screen("retried", retried=retried)


async def retry_event(
    context: AppContext, meant: Meant, reader: Reader, *, by: str
) -> Retried | None:
    """Send again what has failed of an event, or one delivery; return None if it is unreadable or gone.

    `by` is the id of the user who asked for it, which is logged.
    """
    try:
        before = await context.store.events.get(meant.event_id)
        lines = await requeue(context.store, meant.subject_id, context.clock())
        after = await context.store.events.get(meant.event_id)
    except CorruptRecord:
        return None
    if before is None or after is None or not lines:
        return None
    _log.info("retried by hand", event_id=meant.event_id, by=by)
    return _retried(context, reader, before, after, meant.delivery_id)


def _retried(
    context: AppContext,
    reader: Reader,
    before: StoredEvent,
    after: StoredEvent,
    delivery_id: str,
) -> Retried:
    """Compare an event with what it was: what has failed before, and does not any more."""
    failed = {d.id for d in before.deliveries if d.state is DeliveryState.FAILED}
    again = [d for d in after.deliveries if d.id in failed and d.state is not DeliveryState.FAILED]
    asked = [d for d in after.deliveries if delivery_id in {"", d.id}]
    return Retried(
        summary=summary_for(reader, after, context.describe),
        event_id=after.id,
        deliveries=[
            replace(d, destination=reader.named(d.destination)) for d in again if d.destination
        ],
        is_handled_again=before.state is EventState.DEAD and after.state is not EventState.DEAD,
        is_waiting=after.state is EventState.ACCEPTED
        or any(d.destination and not d.state.is_settled for d in asked),
    )


async def _ask_about_all(context: AppContext) -> SlackMessage:
    dead = await context.store.dead_letters(context.clock())
    return context.screen("retry_all", count=len(dead), action=RETRY_ALL, state="asked")


def retry_all_pressed(context: AppContext, body: Mapping[str, Any]) -> None:
    """Retry every dead letter after the press is acknowledged: it may take longer than Slack waits.

    The answer takes the place of the question, so that its button is gone.

    Raises:
        InvalidEnvelope: if the press is not in the format that Slack documents.
    """
    try:
        pressed = _Pressed.model_validate(body)
    except ValidationError:
        raise InvalidEnvelope("not in the format that Slack documents") from None
    context.background.start(
        _retry_all(context, Asker(pressed.user, pressed.channel, pressed.response_url))
    )


async def _retry_all(context: AppContext, asker: Asker) -> None:
    try:
        await _retry_all_if_allowed(context, asker)
    except (RedisError, OSError, WorkspaceUnknown) as error:
        _log.warning("not all retried", fault=type(error).__name__)
        broken = context.screen("retry_all", count=1, action="", state="broken")
        await respond(asker, broken, replace=True)


async def _retry_all_if_allowed(context: AppContext, asker: Asker) -> None:
    refused = await refusal(context, asker.user)
    if refused:
        await respond(asker, _sentence(context, refused), replace=True)
        return
    before = await context.store.dead_letters(context.clock())
    working = context.screen("retry_all", count=len(before), action="", state="working")
    await respond(asker, working, replace=True)
    await requeue_all(context.store, context.clock())
    left = set(map(str, before)) & set(map(str, await context.store.dead_letters(context.clock())))
    _log.info("all retried by hand", count=len(before) - len(left), by=asker.user)
    done = context.screen(
        "retry_all", count=len(before) - len(left), left=len(left), action="", state="done"
    )
    await respond(asker, done, replace=True)


def _sentence(context: AppContext, text: str) -> SlackMessage:
    return context.screen("not_understood", text=text)
