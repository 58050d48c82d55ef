"""The playground's page and its doors, over HTTP on loopback."""

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
from bot.playground.control import Asked, Change, Control, OpenHome, Press, Retry, Say, Send
from bot.playground.feed import Feed, FeedItem
from bot.playground.guard import MAIL_POLICY, guard, sign_off
from bot.playground.mail_view import Scheme, shown_in

PAGE = Path(__file__).parent / "page"
_COME_BACK_MS = 1000
"""How soon a page whose connection was lost tries again."""
_LARGEST = 2_000_000
_POSITION = re.compile(r"(?P<run>\w+)\.(?P<position>[0-9]{1,15})")

A = TypeVar("A", bound=Asked)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Serves the page, its feed, the mails, and what can be asked of `control`.

    `hello` makes what a page is told first.
    """

    def __init__(
        self, feed: Feed, control: Control, mails: list[ReceivedMail], hello: Callable[[], FeedItem]
    ) -> None:
        self._feed = feed
        self._control = control
        self._mails = mails
        self._run = uuid4().hex[:8]
        self._hello = hello

    def application(self) -> web.Application:
        control = self._control
        app = web.Application(middlewares=[guard], client_max_size=_LARGEST)
        app.on_response_prepare.append(sign_off)
        app.router.add_get("/", self._index)
        app.router.add_get("/live", self._live)
        app.router.add_get(r"/mails/{number:\d{1,9}}.html", self._mail_html)
        app.router.add_get(r"/mails/{number:\d{1,9}}.eml", self._mail_raw)
        app.router.add_post("/send", _door(Send, control.send))
        app.router.add_post("/slack/say", _door(Say, control.say))
        app.router.add_post("/slack/press", _door(Press, control.press))
        app.router.add_post("/slack/home", _door(OpenHome, control.open_home))
        app.router.add_post("/weather", _door(Change, control.change))
        app.router.add_post("/retry", _door(Retry, control.retry))
        app.router.add_static("/", PAGE)
        return app

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: everything so far, or what a page that comes back has missed.

        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        hello = {"kind": "hello", "run": self._run, **self._hello()}
        await response.write(_event(hello) + f"retry: {_COME_BACK_MS}\n\n".encode())
        async for batch in self._feed.follow(self._position(request)):
            *most, last = batch.records
            events = [*map(_event, most), _event(last, f"{self._run}.{batch.position}")]
            await response.write(b"".join(events))
        return response

    def _position(self, request: web.Request) -> int:
        known = _POSITION.fullmatch(request.headers.get("Last-Event-ID", ""))
        return int(known["position"]) if known and known["run"] == self._run else 0

    async def _mail_html(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        scheme = Scheme.DARK if request.query.get("scheme") == Scheme.DARK else Scheme.LIGHT
        headers = {"Content-Security-Policy": MAIL_POLICY}
        shown = shown_in(scheme, mail.html)
        return web.Response(text=shown, content_type="text/html", headers=headers)

    async def _mail_raw(self, request: web.Request) -> web.Response:
        raw = self._mail(request).raw
        return web.Response(body=raw, content_type="text/plain", charset="utf-8")

    def _mail(self, request: web.Request) -> ReceivedMail:
        number = int(request.match_info["number"])
        if not 1 <= number <= len(self._mails):
            raise web.HTTPNotFound(text=f"there is no mail {number}")
        return self._mails[number - 1]


def _event(record: FeedItem, position: str = "") -> bytes:
    named = f"id: {position}\n".encode() if position else b""
    return named + b"data: " + to_json(record, inf_nan_mode="null") + b"\n\n"


def _door(kind: type[A], do: Callable[[A], Awaitable[Mapping[str, Any] | None]]) -> Handler:
    """A handler that reads what is asked, does it, and answers in JSON."""

    async def handle(request: web.Request) -> web.Response:
        try:
            asked = kind.model_validate_json(await request.read())
            done = await do(asked)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "the body"
            return _json({"error": f"{name}: {first['msg']}"}, 400)
        except BotError as error:
            return _json({"error": str(error)}, 409)
        return _json(done or {})

    return handle


def _json(value: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=to_json(value), status=status, content_type="application/json")
