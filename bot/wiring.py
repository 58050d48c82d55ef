"""The parts that web, worker and the command line are made of, put together from the settings."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.delivery.attempt import Attempts
from bot.delivery.sender import Sender
from bot.metrics.recorder import Metrics
from bot.model import Notification, Transport
from bot.registry import load_registry
from bot.rendering.renderer import Renderer
from bot.settings import Settings
from bot.slack_app.app import create_bolt
from bot.slack_app.endpoint import SlackEndpoint
from bot.slack_app.side import SlackEndpoints
from bot.slack_app.socket_mode import SocketMode
from bot.store import Store
from bot.store.connection import connect
from bot.store.settings import StoreSettings
from bot.store.smtp_slots import SmtpSlots
from bot.transports.email.client import SmtpConnector
from bot.transports.email.pool import SmtpPool
from bot.transports.email.sender import EmailSender
from bot.transports.slack.client import slack_client
from bot.transports.slack.sender import SlackSender
from bot.worker.jobs import WorkerTasks

_WORKER_TIMEOUT = timedelta(seconds=5)


def open_store(settings: StoreSettings, *, timeout: timedelta) -> Store:
    """The store on the Redis that the settings name; nothing is sent to it yet."""
    url = settings.redis_url.get_secret_value()
    redis = connect(url, cert_reqs=settings.cert_reqs, timeout=timeout)
    return Store(redis, retention=timedelta(days=settings.retention_days))


def build_senders(settings: Settings, renderer: Renderer, redis: Redis) -> dict[Transport, Sender]:
    """A sender for each channel that is on."""
    senders: dict[Transport, Sender] = {}
    if settings.slack_bot_token is not None and settings.slack_on:
        client = slack_client(
            settings.slack_bot_token.get_secret_value(), str(settings.slack_api_url)
        )
        senders[Transport.SLACK] = SlackSender(client, renderer)
    smtp = settings.smtp
    if smtp is not None and settings.email_from is not None:
        slots = SmtpSlots(redis, smtp.host, smtp.port, settings.smtp_connections)
        pool = SmtpPool(SmtpConnector(smtp, settings.ehlo_name), slots)
        senders[Transport.EMAIL] = EmailSender(pool, settings.email_from, renderer)
    return senders


def build_jobs(settings: Settings) -> WorkerTasks:
    """Everything that a worker works with.

    Raises:
        RegistryError: if a handler or its templates are not what they must be.
    """
    registry = load_registry()
    store = open_store(settings, timeout=_WORKER_TIMEOUT)
    attempts = Attempts(
        store=store,
        senders=build_senders(settings, Renderer(clock=utc_now), store.redis),
        metrics=Metrics(store.counters, registry.types),
        clock=utc_now,
    )
    return WorkerTasks(
        registry=registry,
        store=store,
        attempts=attempts,
        audiences=settings.audiences,
        policy=settings.policy,
        clock=utc_now,
    )


def build_slack(settings: Settings, store: Store) -> SlackEndpoints | None:
    """What answers Slack, or None where Slack is off."""
    token, secret = settings.slack_bot_token, settings.slack_signing_secret
    if token is None or secret is None:
        return None
    renderer = Renderer(clock=utc_now)

    def describe(notification: Notification) -> str:
        return renderer.message_of(notification).text

    client = slack_client(token.get_secret_value(), str(settings.slack_api_url))
    app = create_bolt(
        signing_secret=secret.get_secret_value(),
        client=client,
        store=store,
        render=renderer.slack,
        describe=describe,
        clock=utc_now,
    )
    app_token = settings.slack_app_token
    socket = SocketMode(app, app_token.get_secret_value()) if app_token else None
    return SlackEndpoints(SlackEndpoint(app, secret.get_secret_value()), socket)
