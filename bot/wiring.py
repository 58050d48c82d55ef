"""The parts that web, worker and the command line are made of, put together from the settings."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import utc_now
from bot.delivery.attempt import Attempts
from bot.delivery.notifications import Notifications
from bot.delivery.rate_limit import RateLimiter
from bot.delivery.recipients import Recipients
from bot.delivery.sender import ActiveTransport
from bot.delivery.summary import Summaries
from bot.metrics.recorder import Metrics
from bot.model import Audience, Destination, Event, Notification, Transport
from bot.registry import load_registry
from bot.rendering.templates import Templates
from bot.settings import Settings
from bot.store import Store
from bot.store.connection import connect
from bot.store.retry import RETRY_INTERVAL
from bot.store.scripts import ScriptRunner
from bot.store.settings import StoreSettings
from bot.transports.email.address import to_mailable
from bot.transports.email.content import MailRenderer
from bot.transports.registry import TRANSPORTS
from bot.transports.slack.client import slack_client
from bot.transports.slack.content import SlackRenderer
from bot.transports.slack.mrkdwn import as_plain_text
from bot.worker.jobs import WorkerTasks

_WORKER_REDIS_TIMEOUT = timedelta(seconds=5)


def open_store(
    settings: StoreSettings, *, timeout: timedelta, script_timeout: timedelta | None = None
) -> Store:
    """Return the store for the Redis in the settings; does not connect yet.

    `timeout` is for connecting and for each reply of Redis, `script_timeout` for all attempts to run a
    script, counted from the call.
    """
    url = settings.redis_url.get_secret_value()
    redis = connect(url, cert_reqs=settings.cert_reqs, timeout=timeout)
    runner = ScriptRunner(redis, script_timeout)
    return Store(redis, retention=timedelta(days=settings.retention_days), runner=runner)


def active_transports(
    settings: Settings, templates: Templates, redis: Redis
) -> dict[Transport, ActiveTransport[Any]]:
    """Return the transports that the settings turn on."""
    return {
        t.name: ActiveTransport(t.renderer(templates), sender, t.resent_note)
        for t in TRANSPORTS
        if (sender := t.sender(settings, redis)) is not None
    }


def audiences(settings: Settings) -> Mapping[Audience, tuple[Destination, ...]]:
    """Return each audience's configured destinations."""
    return {
        audience: tuple(to for t in TRANSPORTS for to in t.destinations(settings, audience))
        for audience in Audience
    }


def build_jobs(
    settings: Settings,
    *,
    store: Store | None = None,
    clock: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    redis_retry_interval: timedelta = RETRY_INTERVAL,
) -> WorkerTasks:
    """Return a worker's tasks; opens the store of the settings unless one is given.

    Raises:
        RegistryError: if a handler or its templates are invalid.
    """
    registry = load_registry()
    store = store or open_store(settings, timeout=_WORKER_REDIS_TIMEOUT)
    has_links = settings.unsubscribe_links is not None
    templates = Templates(clock=clock, platform=settings.platform, links=has_links)
    attempts = Attempts(
        store=store,
        transports=active_transports(settings, templates, store.redis),
        metrics=Metrics(store.counters, registry.types),
        clock=clock,
        rate_limiter=RateLimiter(monotonic),
        redis_retry_interval=redis_retry_interval,
    )
    notifications = Notifications(registry.get, settings.policy)
    return WorkerTasks(
        notifications=notifications,
        store=store,
        attempts=attempts,
        recipients=Recipients(audiences(settings), store.retention),
        summaries=Summaries(attempts, notifications, MailRenderer(templates).headline),
        clock=clock,
    )


def slack_api(settings: Settings) -> AsyncWebClient | None:
    """Return a client of Slack's API, or None if Slack is off."""
    token = settings.slack_bot_token
    return slack_client(token.get_secret_value(), str(settings.slack_api_url)) if token else None


def event_notifications(settings: Settings) -> Callable[[Event], Sequence[Notification]]:
    """Return what makes the notifications of an event, as the worker does."""
    return Notifications(load_registry().get, settings.policy).of_event


def slack_rendering(settings: Settings) -> tuple[SlackRenderer, Callable[[Event], str | None]]:
    """Return what renders Slack's screens, and what describes an event.

    That is the first sentence of its message for recruiters, since the user who asks may be one.
    """
    renderer = SlackRenderer(Templates(clock=utc_now, platform=settings.platform))
    notifications = event_notifications(settings)

    def describe(event: Event) -> str | None:
        found = notifications(event)  # the variant for recruiters is the last one
        return as_plain_text(renderer.render(found[-1]).text, links=False) if found else None

    return renderer, describe


def threads(settings: Settings) -> Callable[[Event], str]:
    """Return what names the search, export or profile that an event is about; empty if it has none."""
    notifications = event_notifications(settings)

    def thread_of(event: Event) -> str:
        try:
            found = notifications(event)
        except Exception:  # noqa: BLE001  # whatever its handler raises, it is about nothing that is known
            return ""
        return found[0].thread if found else ""

    return thread_of


def mailable(settings: Settings) -> Callable[[str], str] | None:
    """Return the check of an address that somebody wants mail at, or None if email is off."""
    return to_mailable if settings.email_on else None
