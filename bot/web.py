"""The web process: all HTTP endpoints, from top to bottom."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.exceptions import HTTPException

from bot.clock import utc_now
from bot.doctor.readiness import why_not_ready
from bot.http.direct import DirectRoute
from bot.http.responses import SecurityHeaders, http_error, internal_error
from bot.intake.webhook import STORE_TIMEOUT, Webhook
from bot.metrics.exposition import CONTENT_TYPE, exposition
from bot.metrics.recorder import Metrics
from bot.registry import load_registry
from bot.settings import Settings, load_settings
from bot.slack_app.app import TIMEOUTS, create_bolt
from bot.slack_app.channels import Channels
from bot.slack_app.context import AppContext
from bot.slack_app.endpoint import SlackEndpoint, SlackEndpoints
from bot.slack_app.people import People
from bot.slack_app.sample_message import SAMPLE_TYPE
from bot.slack_app.socket_mode import SocketMode
from bot.slack_app.workspace import Workspace
from bot.store import Store
from bot.store.outage import RedisOutage
from bot.unsubscribe.endpoint import UnsubscribeEndpoint
from bot.unsubscribe.links import PATH as UNSUBSCRIBE
from bot.unsubscribe.links import Tokens
from bot.wiring import (
    audiences,
    event_notifications,
    mailable,
    open_store,
    slack_api,
    slack_rendering,
    threads,
)

REDIS_TIMEOUT = timedelta(seconds=1)
"""Short: the caller gets a 503 and tries again, instead of waiting."""
_REDIS_PING_INTERVAL = timedelta(seconds=5)
_WEBHOOK = "/webhooks/juicebox"

Endpoint = Callable[[Request], Awaitable[Response]]
Background = AbstractAsyncContextManager[None]
"""Runs alongside the application, from its startup to its shutdown."""


def create_app(
    settings: Settings | None = None, *, background: Background | None = None
) -> FastAPI:
    """Create the application from these settings, or else from the environment.

    Raises:
        SettingsError: if a setting is missing or invalid.
        RegistryError: if a handler or its templates are not valid.
    """
    settings = settings or load_settings()
    store = open_store(settings, timeout=REDIS_TIMEOUT, script_timeout=STORE_TIMEOUT)
    metrics = Metrics(store.counters, load_registry().types)
    webhook = Webhook(store, metrics, settings.webhook_secrets, utc_now)
    slack = build_slack(settings, store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(store.close)
            await stack.enter_async_context(store.counters.flushing())
            if background is None:  # otherwise the worker in this process logs outages
                outage = RedisOutage(store.redis)
                await stack.enter_async_context(outage.watching(_REDIS_PING_INTERVAL))
            if slack is not None:
                await stack.enter_async_context(slack.running())
            if background is not None:
                await stack.enter_async_context(background)
            yield

    app = _bare_app(lifespan, webhook)
    if slack is not None and slack.socket is None:
        _add_post(app, "/slack/events", slack.endpoint.handle)
    unsubscribe = UnsubscribeEndpoint(store, Tokens(settings.webhook_secrets), utc_now)
    app.add_route(UNSUBSCRIBE + "/{token}", unsubscribe.handle, methods=["GET", "POST"])
    app.add_route("/healthz", _healthz, methods=["GET"])
    app.add_route("/readyz", partial(_readyz, store), methods=["GET"])
    app.add_route("/metrics", partial(_metrics, store), methods=["GET"])
    return app


def build_slack(
    settings: Settings, store: Store, client: AsyncWebClient | None = None
) -> SlackEndpoints | None:
    """Return Slack's endpoints, or None if Slack is off. `client` replaces that of the settings."""
    client, secret = client or slack_api(settings), settings.slack_signing_secret
    if client is None or secret is None:
        return None
    renderer, describe = slack_rendering(settings)
    registry = load_registry()
    context = AppContext(
        store=store,
        client=client,
        render=renderer.render_template,
        describe=describe,
        clock=utc_now,
        workspace=Workspace(client, TIMEOUTS.identify_workspace),
        people=People(client),
        channels=Channels(client),
        audiences=audiences(settings),
        filters={h.type: h.filters for h in registry.by_type.values()},
        aliases=registry.aliases,
        audience_of=registry.audience_of,
        thread_of=threads(settings),
        mailable=mailable(settings),
        admins=frozenset(settings.slack_admins),
        notifications=event_notifications(settings),
        sample=registry.by_type[SAMPLE_TYPE].sample_at,
    )
    app = create_bolt(signing_secret=secret.get_secret_value(), context=context)
    app_token = settings.slack_app_token
    socket = SocketMode(app, app_token.get_secret_value()) if app_token else None
    endpoint = SlackEndpoint(app, secret.get_secret_value())
    return SlackEndpoints(endpoint, socket, context.background)


def _bare_app(lifespan: Callable[[FastAPI], Background], webhook: Webhook) -> FastAPI:
    """Create an application with the webhook alone, without endpoints for API documentation."""
    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    _add_post(app, _WEBHOOK, webhook.receive)
    app.add_middleware(DirectRoute, paths=_spellings(_WEBHOOK), endpoint=webhook.receive)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, internal_error)
    return app


def _add_post(app: FastAPI, path: str, endpoint: Endpoint) -> None:
    for spelling in _spellings(path):
        app.add_route(spelling, endpoint, methods=["POST"])


def _spellings(path: str) -> tuple[str, str]:
    """Return the path, also with a trailing slash: some senders would not repeat a redirected body."""
    return path, f"{path}/"


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(store: Store, _: Request) -> Response:
    reason = await why_not_ready(store, utc_now())
    if reason is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)


async def _metrics(store: Store, _: Request) -> Response:
    try:
        await store.counters.flush()
        return Response(await exposition(store, utc_now()), media_type=CONTENT_TYPE)
    except (RedisError, OSError):
        return Response("Redis does not answer\n", status_code=503, media_type="text/plain")
