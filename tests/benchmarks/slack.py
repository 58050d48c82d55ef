"""A fake Slack API that costs little CPU: it records when each message came, and answers at once."""

import asyncio
import json
import math
import time
from typing import Self, cast

from tests.benchmarks.connection import message_end
from tests.benchmarks.webhooks import MARK, TEAM

_MESSAGES = frozenset({"/api/chat.postMessage", "/api/chat.update"})
_IDENTITY = {
    "ok": True,
    "team": "bench",
    "team_id": TEAM,
    "user": "juicebox",
    "user_id": "U0JUICEBOX",
    "bot_id": "B0JUICEBOX",
}
_PERSON = {"id": "U0BENCH", "team_id": TEAM, "tz": "Europe/Berlin", "profile": {}}
_REPLIES = {
    "/api/auth.test": _IDENTITY,
    "/api/users.info": {"ok": True, "user": _PERSON},
    "/api/conversations.info": {"ok": True, "channel": {"id": "C0BENCH", "is_member": True}},
    "/api/views.publish": {"ok": True, "view": {}},
}
_UNKNOWN = {"ok": False, "error": "unknown_method"}


class FakeSlack:
    """Serves Slack's Web API on loopback, in the event loop that enters it.

    With `messages_per_second`, a message that comes too soon after the channel's last one gets 429
    with `Retry-After`. All services post to one channel.
    https://docs.slack.dev/apis/web-api/rate-limits
    """

    def __init__(self, messages_per_second: float | None = None) -> None:
        self.port = 0
        self.posts: list[float] = []
        """When each accepted message came, by `time.perf_counter()`."""
        self.delivered: dict[int, float] = {}
        """When the first accepted message about each event came."""
        self.refused = 0
        """How many messages got 429."""
        self.homes = 0
        """How often a Home tab was published."""
        self.responses: asyncio.Queue[bytes] = asyncio.Queue()
        """What was sent to response URLs."""
        self._interval = 1 / messages_per_second if messages_per_second else 0.0
        self._last = -math.inf
        self._awaited = 0
        self._reached = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._transports: set[asyncio.Transport] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for transport in tuple(self._transports):
            transport.abort()
        await asyncio.sleep(0)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def response_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/response"

    async def wait_for(self, events: int, seconds: float) -> bool:
        """Wait until messages about that many events came; False if they did not in time."""
        self._awaited = events
        self._reached.clear()
        if len(self.delivered) >= events:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._reached.wait()
        except TimeoutError:
            return False
        return True

    def opened(self, transport: asyncio.Transport) -> None:
        self._transports.add(transport)

    def closed(self, transport: asyncio.Transport) -> None:
        self._transports.discard(transport)

    def respond(self, path: str, body: bytes) -> bytes:
        """Return the response to a request, as bytes."""
        if path in _MESSAGES:
            return self._post(body)
        if path == "/response":
            self.responses.put_nowait(body)
            return _response(b"ok")
        self.homes += path == "/api/views.publish"
        return _response(json.dumps(_REPLIES.get(path, _UNKNOWN)).encode())

    def _post(self, body: bytes) -> bytes:
        now = time.perf_counter()
        wait = self._last + self._interval - now
        if wait > 0:
            self.refused += 1
            headers = f"\r\nretry-after: {math.ceil(wait)}"
            return _response(b'{"ok":false,"error":"ratelimited"}', "429 Too Many", headers)
        self._last = now
        self.posts.append(now)
        for number in MARK.findall(body):
            self.delivered.setdefault(int(number), now)
        if len(self.delivered) >= self._awaited:
            self._reached.set()
        count = len(self.posts)
        return _response(b'{"ok":true,"channel":"C0BENCH","ts":"1700000000.%06d"}' % count)


class _Connection(asyncio.Protocol):
    """One connection of a client; it may send requests without waiting for answers."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._slack.opened(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._slack.closed(self._transport)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        while (found := message_end(received)) is not None:
            start, end = found
            path = received[: received.index(b"\r\n")].split(b" ")[1].decode()
            self._transport.write(self._slack.respond(path, received[start:end]))
            received = received[end:]
        self._received = received


def _response(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json"
        f"\r\ncontent-length: {len(body)}{headers}\r\n\r\n"
    )
    return head.encode() + body
