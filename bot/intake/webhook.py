"""The webhook endpoint: verifies, parses and accepts events. The worker does the rest."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError

from bot.errors import IntakeError, StaleEvent
from bot.http.body import read_body
from bot.intake.envelope import parse_envelope
from bot.intake.signature import verify
from bot.metrics.recorder import Metrics
from bot.model import Event
from bot.store import Store

STORE_TIMEOUT = timedelta(seconds=1.8)
"""The caller should get its 503 within two seconds."""

_RECEIVED = b'{"received":true}'

_log = structlog.get_logger()


class ServerTiming:
    """The consecutive steps of a request; `clock` gives seconds from any origin.

    https://www.w3.org/TR/server-timing/
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self._steps: list[str] = []

    def end_step(self, name: str) -> None:
        """Record the milliseconds since the previous step ended under this name."""
        now = self._clock()
        self._steps.append(f"{name};dur={(now - self._last) * 1000:.3f}")
        self._last = now

    @property
    def header(self) -> str:
        """The steps as in `read;dur=0.210, verify;dur=0.034`."""
        return ", ".join(self._steps)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Answers `POST /webhooks/juicebox`."""

    store: Store
    metrics: Metrics
    secrets: Sequence[bytes]
    clock: Callable[[], datetime]
    log: structlog.typing.FilteringBoundLogger = field(default_factory=_log.bind)
    """Bound once, which halves the cost of a line."""

    async def receive(self, request: Request) -> Response:
        """Accept or refuse the request. With a 200 the caller is told how long each step took."""
        timing = ServerTiming()
        try:
            await self._receive(request, timing)
        except IntakeError as refusal:
            self.metrics.rejected(refusal.reason)
            self.log.warning("event refused", reason=refusal.reason, status=refusal.status)
            return JSONResponse({"error": str(refusal)}, refusal.status, refusal.headers)
        return Response(_RECEIVED, 200, {"Server-Timing": timing.header}, "application/json")

    async def _receive(self, request: Request, timing: ServerTiming) -> None:
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            text = "compressed bodies are not supported: send it uncompressed"
            raise IntakeError(415, "media_type", text)
        body = await read_body(request)
        timing.end_step("read")
        now = self.clock()
        webhook_id = verify(body, request.headers.raw, self.secrets, now)
        timing.end_step("verify")
        if not _is_json(request.headers.get("content-type", "")):
            raise IntakeError(415, "media_type", "Content-Type must be application/json")
        event = parse_envelope(body, now, webhook_id)
        timing.end_step("parse")
        await self._accept(event, body)
        timing.end_step("accept")

    async def _accept(self, event: Event, body: bytes) -> None:
        now = self.clock()
        kept_days = self.store.retention.days
        if now - event.timestamp > self.store.retention:
            raise StaleEvent(f"timestamp is older than events are kept, which is {kept_days} days")
        try:
            unseen = await self.store.events.accept(event, body, now)
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            # The error's text is not logged: it may contain the event.
            self.log.error("event not stored", fault=type(error).__name__)  # noqa: TRY400  # for that reason
            text = "it could not be stored: send it again"
            raise IntakeError(503, "store", text, {"Retry-After": "5"}) from None
        if not unseen:
            self.metrics.duplicate()
        elif not event.test:
            self.metrics.accepted(event.type)
        self.log.info("event accepted" if unseen else "event seen before", event_id=event.id)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")
