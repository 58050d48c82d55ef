"""Has Slack check an example of every message, and the screens of its app."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from bot.delivery.notice import notices_about, notification_about
from bot.delivery.notifications import Notifications
from bot.delivery.recipients import Recipients
from bot.delivery.subscriptions import PAUSED
from bot.delivery.summary import SUMMARY_TEMPLATE
from bot.errors import RegistryError, RenderError
from bot.model import (
    PAUSED_TEMPLATE,
    Audience,
    DeadLetter,
    Destination,
    Event,
    EventState,
    Notification,
    Transport,
)
from bot.model.finding import Finding, failure
from bot.model.outgoing import ARCHIVED
from bot.model.unsubscribed import UNSUBSCRIBED
from bot.registry import load_registry
from bot.rendering.templates import TEMPLATES, Templates
from bot.settings import Settings
from bot.store.stored_event import StoredEvent
from bot.transports.slack.content import SlackRenderer
from bot.transports.slack.template_checks import CALL_ERRORS, Example, check_templates

_OTHER_TYPE = "candidate.replied"
"""A type without a handler."""


Screens = Callable[[], Awaitable[Sequence[Example]]]


async def no_screens() -> Sequence[Example]:
    return ()


async def check_slack_templates(
    settings: Settings,
    now: datetime,
    screens: Screens = no_screens,
    folder: Path = TEMPLATES,
) -> list[Finding]:
    """Have Slack check the messages of events, notices and summaries, and the screens; nothing is shown."""
    renderer = SlackRenderer(Templates(folder, lambda: now, settings.platform))
    found: list[Finding] = []
    examples: list[Example] = []
    try:
        notifications = list(example_notifications(settings, now))
    except RegistryError as error:
        return [failure("Handlers", str(error), "fix the module: the bot does not start with it")]
    for notification in notifications:
        try:
            message = renderer.render(notification)
            payload = {"text": message.text, "blocks": message.blocks}
            examples.append(Example(notification.template, "message", payload))
        except RenderError as error:
            subject = f"Template {notification.template}"
            found.append(failure(subject, str(error), "fix the template, or report it"))
    try:
        examples += await screens()
    except RenderError as error:
        found.append(failure("Slack screens", str(error), "fix the template, or report it"))
    except CALL_ERRORS:
        return found  # another check finds what is wrong with Slack
    return [*found, *(await check_templates(settings, examples))]


def example_notifications(settings: Settings, now: datetime) -> Iterator[Notification]:
    """Return a notification for every template, made of the samples of the handlers."""
    registry = load_registry()
    notifications = Notifications(registry.get, settings.policy)
    for handler in registry.by_type.values():
        yield from notifications.of_event(_event(handler.type, handler.sample_at(now), now))
    other = {"candidateId": "cand_7k2m", "firstReply": True}
    yield from notifications.of_event(_event(_OTHER_TYPE, other, now))
    address = {"address": "team@example.com"}
    yield from notifications.of_event(_event(UNSUBSCRIBED, address, now))
    failed = _notice(now)
    yield failed
    destination = {"destination": "slack:C0EXAMPLE", "reason": f"{PAUSED}: {ARCHIVED}"}
    yield replace(failed, template=PAUSED_TEMPLATE, context={**failed.context, **destination})
    yield _summary(now)


def _event(event_type: str, data: Mapping[str, object], now: datetime) -> Event:
    return Event("evt_example", event_type, now, data)


def _notice(now: datetime) -> Notification:
    event = _event(_OTHER_TYPE, {}, now)
    reason = "data.searchId is missing"
    stored = StoredEvent(event, b"", EventState.DEAD, now, concluded_at=now, reason=reason)
    operators = (Destination(Transport.SLACK, "C0EXAMPLE"),)
    recipients = Recipients({Audience.OPERATORS: operators})
    [notice] = notices_about(stored, DeadLetter(event.id), recipients, {})
    notification = notification_about(stored, notice)
    if not isinstance(notification, Notification):
        raise TypeError(notification)
    return notification


def _summary(now: datetime) -> Notification:
    item: dict[str, JsonValue] = {
        "headline": "Search completed: 1,204 candidates",
        "url": "https://app.example.com/s/1",
    }
    return Notification(
        event_id="msg_example",
        event_type=SUMMARY_TEMPLATE,
        occurred_at=now,
        audience=Audience.RECRUITERS,
        template=SUMMARY_TEMPLATE,
        context={
            "items": [item, {**item, "url": None}],
            "leftOut": 1,
            "count": 3,
            "missedCount": 2,
            "missed": [["Search completed", 2]],
        },
        thread="msg_example",
    )
