"""A local Slack Web API, backed by a workspace in memory."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from pydantic_core import from_json

from bot.fakes.arrivals import HANG_TIMEOUT, Arrivals
from bot.fakes.faults import FaultPlan, HttpFault
from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.methods import METHODS, Method
from bot.fakes.slack.responses import InvalidResponseUrl, ResponseUrls
from bot.fakes.slack.workspace import TEAM, Post, Workspace
from bot.transports.slack.scopes import SCOPES

__all__ = ["Call", "HttpFault", "LocalSlack"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method; `at` is the time on the API's monotonic clock, in seconds."""

    method: str
    arguments: Mapping[str, Any] = field(repr=False)
    at: float


class LocalSlack:
    """Serves Slack's Web API on loopback, in the event loop that enters it.

    With `messages_per_second`, faster posts to one channel get 429, as from Slack:
    docs.slack.dev/apis/web-api/rate-limits
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        token: str = "xoxb-test-token",  # noqa: S107 - valid here only
        scopes: Iterable[str] = SCOPES,
        messages_per_second: float | None = None,
        workspace: Workspace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.port = port or 0
        self.token = token
        self.scopes = tuple(scopes)
        self.messages_per_second = messages_per_second
        self.workspace = workspace or Workspace()
        self._response_urls = ResponseUrls(self.workspace)
        self._calls: Arrivals[Call] = Arrivals("calls")
        self.faults: FaultPlan[HttpFault] = FaultPlan()
        self._last_post: dict[str, float] = {}
        self._monotonic = monotonic
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1_000_000)
        app.router.add_route("*", "/api/{method}", self._handle)
        app.router.add_post("/commands/{team}/{number}/{token}", self._respond)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, handler_cancellation=True)
        self._closing.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def posts(self) -> list[Post]:
        """All accepted messages, including those whose reply was lost."""
        return list(self.workspace.posts)

    def calls(self, method: str | None = None) -> list[Call]:
        """Return all calls, including refused and failed ones."""
        return [c for c in self._calls if method in (None, c.method)]

    def response_url(self, channel: str, original: Post | None = None) -> str:
        """Return a response URL for this channel, which works five times within half an hour.

        With `original`, the message that was interacted with, a response may replace or delete it.
        """
        token = self._response_urls.create(channel, original)
        return f"http://127.0.0.1:{self.port}/commands/{TEAM}/1/{token}"

    def plan_faults(self, method: str, faults: Iterable[HttpFault | None]) -> None:
        """Queue faults for the next calls of the method; None is a call that works."""
        self.faults.add(method, faults)

    def clear_faults(self) -> None:
        """Remove all faults that are queued or repeated."""
        self.faults.clear()

    async def wait_for(self, count: int, timeout: float = HANG_TIMEOUT) -> list[Post]:  # noqa: ASYNC109 - as in Arrivals
        """Return the accepted messages as soon as there are at least `count`.

        Raises:
            TimeoutError: if there are not.
        """
        return await self.workspace.posts.wait_for(count, timeout)

    async def wait_for_calls(
        self,
        method: str,
        count: int,
        timeout: float = HANG_TIMEOUT,  # noqa: ASYNC109 - as in Arrivals
    ) -> list[Call]:
        """Return the calls of the method as soon as there are at least `count`.

        Raises:
            TimeoutError: if there are not.
        """
        async with asyncio.timeout(timeout):
            while len(self.calls(method)) < count:
                await self._calls.wait_for(len(self._calls) + 1, timeout)
        return self.calls(method)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            given = await _arguments(request)
        except SlackError as error:
            return self._reply(error.reply)
        token = _token(request, given)
        self._calls.add(Call(name, given, self._monotonic()))
        fault = self.faults.next(name)
        if fault and not fault.accepted:
            return await _fail(request, fault)
        try:
            method = self._authorize(name, token, given)
            if name == "chat.postMessage":
                self._check_rate_limit(str(given.get("channel", "")))
            reply = self._permitted(name, method(self.workspace, given))
            if name == "chat.postMessage":
                self._last_post[reply["channel"]] = self._monotonic()
        except _RateLimited as limited:
            headers = {"Retry-After": str(limited.retry_after)}
            return self._reply({"ok": False, "error": "ratelimited"}, 429, headers)
        except SlackError as error:
            return self._reply(error.reply)
        return await _fail(request, fault) if fault else self._reply(reply)

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            self._response_urls.post(request.match_info["token"], await _arguments(request))
        except SlackError as error:
            status = 404 if isinstance(error, InvalidResponseUrl) else 400
            return web.json_response(error.reply, status=status)
        return web.Response(text="ok")

    def _authorize(self, name: str, token: str, given: Mapping[str, Any]) -> Method:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if not token:
            raise SlackError("not_authed")
        if token != self.token:
            raise SlackError("invalid_auth")
        required = method.required_scopes(self.workspace, given)
        if required and not set(required) & set(self.scopes):
            provided = ",".join(self.scopes)
            raise SlackError("missing_scope", needed=required[0], provided=provided)
        return method

    def _permitted(self, name: str, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """Leave out a person's email address: https://docs.slack.dev/reference/scopes/users.read.email."""
        if name == "users.info" and "users:read.email" not in self.scopes:
            del reply["user"]["profile"]["email"]
        return reply

    def _check_rate_limit(self, id_or_name: str) -> None:
        """Refuse a message that comes too soon after the channel's last one."""
        channel = self.workspace.find(id_or_name)
        if not self.messages_per_second or channel is None:
            return
        last = self._last_post.get(channel.id, -math.inf)
        wait = last + 1 / self.messages_per_second - self._monotonic()
        if wait > 0:
            raise _RateLimited(math.ceil(wait))

    def _reply(
        self, reply: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        scopes = {"x-oauth-scopes": ",".join(self.scopes)}
        return web.json_response(reply, status=status, headers={**scopes, **(headers or {})})


class _RateLimited(Exception):
    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Return the arguments in the query, overridden by those in the form or JSON body."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = from_json(await request.read())
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return given | body
    return given | dict(await request.post())


def _token(request: web.Request, given: Mapping[str, Any]) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else str(given.get("token", ""))


async def _fail(request: web.Request, fault: HttpFault) -> web.StreamResponse:
    if fault.hangs:
        await asyncio.Event().wait()
    if fault.code == 0 and request.transport is not None:
        request.transport.close()
    return web.Response(
        status=fault.code or 500,
        body=fault.body.encode(),
        headers={"Content-Type": fault.content_type, **fault.headers},
    )
