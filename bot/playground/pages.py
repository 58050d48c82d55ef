"""The playground's HTTP application: the page, its live feed, the emails and the API."""

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import to_json

from bot.errors import BotError
from bot.fakes.smtp import ReceivedMail
from bot.playground.api import (
    ApiRequest,
    CloseModal,
    OpenHome,
    PlaygroundApi,
    PressInSlack,
    Retry,
    SayInSlack,
    SendEvent,
    SimulateFailures,
    SubmitModal,
)
from bot.playground.feed import Feed, FeedItem
from bot.playground.guard import MAIL_POLICY, add_security_headers, guard
from bot.playground.mail_view import Scheme, render_in_scheme, with_local_links

PAGE = Path(__file__).parent / "page"
_RECONNECT_INTERVAL_MS = 1000
_MAX_REQUEST_SIZE = 2_000_000
_POSITION = re.compile(r"(?P<run>\w+)\.(?P<position>[0-9]{1,15})")

R = TypeVar("R", bound=ApiRequest)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """Serves the page, its feed, the emails and the API. `hello` makes the first record of the feed."""

    def __init__(
        self,
        feed: Feed,
        api: PlaygroundApi,
        mails: list[ReceivedMail],
        hello: Callable[[], FeedItem],
        bot_url: str,
    ) -> None:
        self._feed = feed
        self._api = api
        self._mails = mails
        self._run = uuid4().hex[:8]
        self._hello = hello
        self._bot_url = bot_url

    def application(self) -> web.Application:
        api = self._api
        app = web.Application(middlewares=[guard], client_max_size=_MAX_REQUEST_SIZE)
        app.on_response_prepare.append(add_security_headers)
        app.router.add_get("/", self._index)
        app.router.add_get("/live", self._live)
        app.router.add_get(r"/mails/{number:\d{1,9}}.html", self._mail_html)
        app.router.add_get(r"/mails/{number:\d{1,9}}.eml", self._mail_raw)
        app.router.add_post("/send", _endpoint(SendEvent, api.send))
        app.router.add_post("/slack/say", _endpoint(SayInSlack, api.say))
        app.router.add_post("/slack/press", _endpoint(PressInSlack, api.press))
        app.router.add_post("/slack/home", _endpoint(OpenHome, api.open_home))
        app.router.add_post("/slack/submit", _endpoint(SubmitModal, api.submit_modal))
        app.router.add_post("/slack/close", _endpoint(CloseModal, api.close_modal))
        app.router.add_post("/failures", _endpoint(SimulateFailures, api.simulate))
        app.router.add_post("/retry", _endpoint(Retry, api.retry))
        app.router.add_static("/", PAGE)
        return app

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Send the feed as server-sent events, from where a reconnecting page left off.

        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        hello = {"kind": "hello", "run": self._run, **self._hello()}
        await response.write(_sse(hello) + f"retry: {_RECONNECT_INTERVAL_MS}\n\n".encode())
        async for batch in self._feed.follow(self._position(request)):
            *most, last = batch.records
            events = [*map(_sse, most), _sse(last, f"{self._run}.{batch.position}")]
            await response.write(b"".join(events))
        return response

    def _position(self, request: web.Request) -> int:
        known = _POSITION.fullmatch(request.headers.get("Last-Event-ID", ""))
        return int(known["position"]) if known and known["run"] == self._run else 0

    async def _mail_html(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        scheme = Scheme.DARK if request.query.get("scheme") == Scheme.DARK else Scheme.LIGHT
        headers = {"Content-Security-Policy": MAIL_POLICY}
        html = render_in_scheme(scheme, with_local_links(mail.html, self._bot_url))
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def _mail_raw(self, request: web.Request) -> web.Response:
        raw = self._mail(request).raw
        return web.Response(body=raw, content_type="text/plain", charset="utf-8")

    def _mail(self, request: web.Request) -> ReceivedMail:
        number = int(request.match_info["number"])
        if not 1 <= number <= len(self._mails):
            raise web.HTTPNotFound(text=f"there is no email {number}")
        return self._mails[number - 1]


def _sse(record: FeedItem, position: str = "") -> bytes:
    event_id = f"id: {position}\n".encode() if position else b""
    return event_id + b"data: " + to_json(record, inf_nan_mode="null") + b"\n\n"


def _endpoint(model: type[R], act: Callable[[R], Awaitable[Mapping[str, Any] | None]]) -> Handler:
    """Return a handler that parses the request, calls `act` and responds with its result as JSON."""

    async def handle(request: web.Request) -> web.Response:
        try:
            result = await act(model.model_validate_json(await request.read()))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "the body"
            return _json({"error": f"{name}: {first['msg']}"}, 400)
        except BotError as error:
            return _json({"error": str(error)}, 409)
        return _json(result or {})

    return handle


def _json(value: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=to_json(value), status=status, content_type="application/json")
