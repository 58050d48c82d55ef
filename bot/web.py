"""The web process: every HTTP door, top to bottom."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from bot.clock import utc_now
from bot.doctor.readiness import why_not_ready
from bot.http.responses import SecurityHeaders, http_error, internal_error
from bot.intake.webhook import Webhook
from bot.metrics.exposition import CONTENT_TYPE, exposition
from bot.metrics.recorder import Metrics
from bot.registry import load_registry
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.store.outage import RedisOutage
from bot.wiring import build_slack, open_store

_REDIS_TIMEOUT = timedelta(seconds=1)
"""A sender that waits is told to come back; it is not kept waiting."""
_FLUSH_SECONDS = 1.0
_PING_INTERVAL = timedelta(seconds=5)


def create_app(
    settings: Settings | None = None, *, background: AbstractAsyncContextManager[None] | None = None
) -> FastAPI:
    """The application; without settings, those of the environment. `background` is run as long as it.

    Raises:
        SettingsError: if the environment is not fit to start with.
        RegistryError: if a handler or its templates are not what they must be.
    """
    settings = settings or load_settings()
    store = open_store(settings, timeout=_REDIS_TIMEOUT)
    metrics = Metrics(store.counters, load_registry().types)
    webhook = Webhook(store, metrics, settings.webhook_secrets, utc_now)
    slack = build_slack(settings, store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(store.redis.aclose)
            await stack.enter_async_context(store.counters.flushing(_FLUSH_SECONDS))
            if background is None:  # else the worker in this process logs it
                outage = RedisOutage(store.redis)
                await stack.enter_async_context(outage.watching(store.redis, _PING_INTERVAL))
            if slack is not None:
                await stack.enter_async_context(slack.running())
            if background is not None:
                await stack.enter_async_context(background)
            yield

    # The documentation pages would tell a stranger more than an operator needs.
    app = FastAPI(
        lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, internal_error)
    _take_posts(app, "/webhooks/juicebox", webhook.receive)
    if slack is not None and slack.socket is None:
        _take_posts(app, "/slack/events", slack.endpoint.handle)
    _show_operations(app, store)
    return app


def _take_posts(app: FastAPI, path: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
    """Also with a slash at the end: a redirect there would lose the body of a careless sender."""
    for spelled in (path, f"{path}/"):
        app.add_route(spelled, answer, methods=["POST"])


def _show_operations(app: FastAPI, store: Store) -> None:
    """What platforms and operators look at; a Starlette route for GET answers HEAD, too."""

    async def process_is_up(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready_for_work(_: Request) -> Response:
        reason = await why_not_ready(store, utc_now())
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)

    async def measured(_: Request) -> Response:
        try:
            await store.counters.flush()
            return Response(await exposition(store, utc_now()), media_type=CONTENT_TYPE)
        except (RedisError, OSError):
            return Response("Redis does not answer\n", status_code=503, media_type="text/plain")

    for path, answer in (
        ("/healthz", process_is_up),
        ("/readyz", ready_for_work),
        ("/metrics", measured),
    ):
        app.add_route(path, answer, methods=["GET"])
