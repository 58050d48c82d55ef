"""A simulated Juicebox: signs events, posts them to the webhook, and retries what was not accepted."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from pydantic_core import from_json

from bot.errors import BotError
from bot.intake.signature import HEADER, sign
from bot.playground.feed import MAX_PER_KIND, Feed
from bot.playground.server_timing import parse_server_timing

_REQUEST_TIMEOUT = 15
_MAX_ATTEMPTS = 20
_RETRY_INTERVAL = 5.0
_SERVER_ERROR = 500


class NothingSent(BotError):
    """No event has been sent yet, so there is none to repeat."""


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """The result of one POST.

    `at` is when it began, in seconds since 1970; `ms` its duration; `retry_after` the seconds that
    the webhook asks to wait, if it does; `timings` the milliseconds of each step on the server.
    """

    at: float
    ms: float
    status: int | None = None
    body: str = ""
    error: str | None = None
    retry_after: float | None = None
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def should_retry(self) -> bool:
        return self.status is None or self.status >= _SERVER_ERROR


@dataclass(frozen=True, slots=True)
class SignedBody:
    """A body with its signature, and the label that the page shows for it."""

    label: str
    body: bytes
    signature: str

    @property
    def event(self) -> tuple[str | None, str]:
        """The event's id and type; None and an empty string if the body has none."""
        try:
            given = from_json(self.body)
        except ValueError:
            return None, ""
        if not isinstance(given, dict):
            return None, ""
        event_id, event_type = given.get("id"), given.get("type")
        return (
            event_id if isinstance(event_id, str) else None,
            event_type if isinstance(event_type, str) else "",
        )


class Juicebox:
    """Posts to one webhook, and publishes every response to the feed.

    `secret` signs the bodies. After a response without `Retry-After`, or none at all, it waits
    `retry_interval` seconds. `postings` holds the responses for each of the latest events, in
    order; `on_response` is called after each.
    """

    def __init__(
        self, url: str, secret: str, feed: Feed, *, retry_interval: float = _RETRY_INTERVAL
    ) -> None:
        self._url = url
        self._secret = secret.encode()
        self._feed = feed
        self._retry_interval = retry_interval
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: bytes | None = None
        self.postings: dict[str, list[WebhookResponse]] = {}
        self.on_response: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT)
        self._session = aiohttp.ClientSession(timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    def send(self, body: bytes, label: str, *, valid_signature: bool = True) -> int:
        """Post the body in the background, and return its number in the feed."""
        n = next(self._numbers)
        if valid_signature:
            self._last = body
        secret = self._secret if valid_signature else b"not the secret"
        self._start(self._deliver(n, SignedBody(label, body, sign(body, secret))))
        return n

    def send_again(self) -> int:
        """Post the last body again, unchanged.

        Raises:
            NothingSent: if there is none.
        """
        if self._last is None:
            raise NothingSent("nothing has been sent yet, so there is nothing to send again")
        return self.send(self._last, "Duplicate")

    def send_burst(self, bodies: Sequence[bytes], label: str) -> int:
        """Post all bodies at once; the feed shows one record with the count of each status."""
        n = next(self._numbers)
        self._last = bodies[-1]
        self._start(self._deliver_all(n, label, bodies))
        return n

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, n: int, signed: SignedBody) -> None:
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            response = await self._post(signed)
            delay = self._retry_delay([response])
            self._publish(n, signed, response, attempt=attempt, retry_in_s=delay)
            if delay is None:
                return
            await asyncio.sleep(delay)

    async def _deliver_all(self, n: int, label: str, bodies: Sequence[bytes]) -> None:
        everything = [SignedBody(label, body, sign(body, self._secret)) for body in bodies]
        responses: dict[bytes, WebhookResponse] = {}
        remaining = everything
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            latest = await asyncio.gather(*map(self._post, remaining))
            responses |= {s.body: r for s, r in zip(remaining, latest, strict=True)}
            delay = self._retry_delay(latest)
            statuses = Counter(str(r.status or "none") for r in responses.values())
            slowest = max(latest, key=lambda response: response.ms)
            counts = {"count": len(everything), "statuses": dict(statuses)}
            self._publish(n, everything[0], slowest, attempt=attempt, retry_in_s=delay, **counts)
            if delay is None:
                return
            remaining = [s for s in remaining if responses[s.body].should_retry]
            await asyncio.sleep(delay)

    def _retry_delay(self, responses: Sequence[WebhookResponse]) -> float | None:
        """Return the seconds until the next attempt, or None if no response asks for one."""
        delays = [
            self._retry_interval if r.retry_after is None else r.retry_after
            for r in responses
            if r.should_retry
        ]
        return max(delays, default=None)

    async def _post(self, signed: SignedBody) -> WebhookResponse:
        headers = {HEADER.decode(): signed.signature, "Content-Type": "application/json"}
        at, began = time.time(), time.perf_counter()
        try:
            async with self._session.post(self._url, data=signed.body, headers=headers) as reply:
                body = await reply.text(errors="replace")
        except (aiohttp.ClientError, OSError) as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else "cannot be reached"
            response = WebhookResponse(at, _ms_since(began), error=f"the bot: {reason}")
            return self._keep(signed, response)
        response = WebhookResponse(
            at=at,
            ms=_ms_since(began),
            status=reply.status,
            body=body,
            retry_after=_seconds(reply.headers.get("Retry-After", "")),
            timings=parse_server_timing(reply.headers.get("Server-Timing", "")),
        )
        return self._keep(signed, response)

    def _keep(self, signed: SignedBody, response: WebhookResponse) -> WebhookResponse:
        event_id, _ = signed.event
        if event_id is not None:
            self.postings.setdefault(event_id, []).append(response)
            while len(self.postings) > MAX_PER_KIND:
                del self.postings[next(iter(self.postings))]
        self.on_response()
        return response

    def _publish(self, n: int, signed: SignedBody, response: WebhookResponse, **more: Any) -> None:
        event_id, event_type = signed.event
        self._feed.publish(
            "response",
            str(n),
            n=n,
            label=signed.label,
            event_id=event_id,
            type=event_type,
            at=response.at * 1000,
            status=response.status,
            body=response.body,
            error=response.error,
            ms=round(response.ms, 1),
            request_body=signed.body.decode(errors="replace"),
            signature=signed.signature,
            **more,
        )


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() else None
