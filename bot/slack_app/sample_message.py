"""`/juicebox test`: a sample goes through the whole way to this channel only, and is timed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog
from pydantic import BaseModel, Field
from pydantic_core import to_json
from redis.exceptions import RedisError
from slack_sdk.errors import SlackApiError

from bot.errors import CorruptRecord
from bot.model import Delivery, DeliveryState, Event, duration
from bot.slack_app.context import Answer, AppContext, Asker, Command
from bot.slack_app.grammar import Parsed
from bot.slack_app.press import Press
from bot.slack_app.responding import respond
from bot.slack_app.workspace import CALL_ERRORS
from bot.store.stored_event import StoredEvent
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.replies import refusal_in
from bot.views.reasons import plain_reason, plain_skip

SAMPLE_TYPE = "search.completed"
_LOOKUP_TIMEOUT = timedelta(seconds=0.6)
"""Within the time that an answer may take."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SampleTiming:
    """For how long, and how often, it is looked whether the sample has arrived."""

    limit: timedelta = timedelta(seconds=20)
    interval: timedelta = timedelta(seconds=0.25)


class _Channel(BaseModel):
    is_member: bool = True
    is_archived: bool = False


class _Info(BaseModel):
    """https://docs.slack.dev/reference/methods/conversations.info."""

    channel: _Channel = Field(default_factory=_Channel)


TIMING = SampleTiming()


def sample_commands(context: AppContext, timing: SampleTiming = TIMING) -> Mapping[str, Command]:
    async def test(_: Parsed, asker: Asker) -> Answer:
        return Answer(await send_sample(context, asker, timing))

    return {"test": test}


async def sample_pressed(context: AppContext, press: Press) -> Answer:
    """Send a sample to where the button is."""
    return Answer(await send_sample(context, press.asker))


async def send_sample(
    context: AppContext, asker: Asker, timing: SampleTiming = TIMING
) -> SlackMessage:
    """Send a sample to where the asker is, and return that it is on its way, or why it is not.

    When it has arrived, or not in time, the asker is told by the response URL.

    Raises:
        redis.RedisError: if it is unknown whether it was stored.
    """
    obstacle = "" if asker.is_direct else await _obstacle(context, asker.channel)
    if obstacle:
        return _screen(context, asker, obstacle)
    now = context.clock()
    data = context.sample(now)
    event = Event(f"evt_test_{uuid4().hex}", SAMPLE_TYPE, now, data, test=True, only=asker.here)
    body = {"id": event.id, "type": event.type, "timestamp": now.isoformat(), "data": data}
    await context.store.events.accept(event, to_json({**body, "test": True}), now)
    _log.info("test message", event_id=event.id, by=asker.user)
    context.background.start(_tell_outcome(context, asker, event.id, timing))
    return _screen(context, asker, "on_its_way")


async def _obstacle(context: AppContext, channel: str) -> str:
    """Return `invite` or `archived` if nothing can be posted there; empty if Slack does not say so."""
    try:
        async with asyncio.timeout(_LOOKUP_TIMEOUT.total_seconds()):
            reply = await context.client.conversations_info(channel=channel)
        found = _Info.model_validate(reply.data).channel
    except CALL_ERRORS as error:
        code = refusal_in(error.response).error if isinstance(error, SlackApiError) else None
        _log.info("channel not seen", fault=type(error).__name__, code=code)
        return "invite" if code == "channel_not_found" else ""
    if found.is_archived:
        return "archived"
    return "" if found.is_member else "invite"


async def _tell_outcome(
    context: AppContext, asker: Asker, event_id: str, timing: SampleTiming
) -> None:
    """Wait until the sample is settled, or the time is up, and tell the asker what is known then."""
    try:
        stored = await _settled(context, event_id, timing)
        delivery = next(iter(stored.deliveries), None) if stored else None
        is_running = (await context.store.backlog(context.clock())).worker_alive
    except (RedisError, OSError, CorruptRecord) as error:
        _log.warning("test message not followed", fault=type(error).__name__)
        await respond(asker, _screen(context, asker, "unknown"))
        return
    if stored and delivery:
        await respond(asker, _outcome(context, asker, stored, delivery))
        return
    await respond(asker, _screen(context, asker, "waits" if is_running else "no_worker"))


async def _settled(context: AppContext, event_id: str, timing: SampleTiming) -> StoredEvent | None:
    """Return the event as soon as its delivery has ended, or as it is when the time is up."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + timing.limit.total_seconds()
    while True:
        stored = await context.store.events.get(event_id)
        settled = (
            stored and stored.deliveries and all(d.state.is_settled for d in stored.deliveries)
        )
        if settled or loop.time() >= ends_at:
            return stored
        await asyncio.sleep(timing.interval.total_seconds())


def _outcome(
    context: AppContext, asker: Asker, stored: StoredEvent, delivery: Delivery
) -> SlackMessage:
    took = duration(max(delivery.updated_at - stored.received_at, timedelta()))
    match delivery.state:
        case DeliveryState.SENT:
            return _screen(context, asker, "arrived", took=took)
        case DeliveryState.FAILED:
            return _screen(context, asker, "failed", why=plain_reason(delivery.reason))
        case DeliveryState.RETRYING:
            return _screen(context, asker, "retrying", why=plain_reason(delivery.reason))
        case DeliveryState.SKIPPED:
            return _screen(context, asker, "failed", why=plain_skip(delivery.reason))
    return _screen(context, asker, "waits")


def _screen(
    context: AppContext, asker: Asker, state: str, *, took: str = "", why: str = ""
) -> SlackMessage:
    return context.screen("sample", state=state, direct=asker.is_direct, took=took, why=why)
