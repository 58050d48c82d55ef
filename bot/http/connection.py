"""One HTTP connection, kept only for as long as the other side keeps up."""

import asyncio
from http import HTTPStatus

from starlette.responses import JSONResponse
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bot.http.parser import RequestParser
from bot.http.responses import SECURITY_HEADERS

HEAD_SECONDS = 10.0
"""For a request's line and headers, from the connection's begin or the request's first byte on."""
MESSAGE_SECONDS = 12.0
"""For the body behind them: more than the doors grant, and for whatever door does not read it."""
UNREAD_SECONDS = 30.0
"""For an answer that waits because the other side does not take it."""
LINGER_SECONDS = 5.0
"""For the rest of an answer on a connection that we have closed."""
LARGEST_HEAD = 32 * 1024
"""In bytes; Juicebox, Slack and a platform's router together send about two thousand."""
MOST_HEADERS = 100
MOST_CONNECTIONS = 800
"""Of one process: below the 1,024 open files that many systems grant it."""

_TRY_AGAIN = b"retry-after: 5\r\n"


class _HeadTooLarge(Exception):
    """Raised inside of the parser, which then gives up on the request."""


class HttpConnection(HttpToolsProtocol):
    """uvicorn's own protocol, with the limits that it leaves to a proxy in front of it.

    uvicorn waits for ever: for the first byte, for the end of the headers, for the body, and for its
    answer to be taken; and it keeps headers of any size. Between two requests its own
    `--timeout-keep-alive` counts.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.parser = RequestParser(self)  # type: ignore[assignment]  # has what uvicorn calls
        self._reading: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._begun = False
        self._head = 0
        self._silent = 0
        self._status = HTTPStatus.BAD_REQUEST
        self.since = self.loop.time()
        self._read_within(HEAD_SECONDS)
        if len(self.connections) > MOST_CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_reading_clock()
        self._stop_stuck_clock()
        super().connection_lost(exc)

    # What comes in
    def data_received(self, data: bytes) -> None:
        if self._reading is None and self.timeout_keep_alive_task is not None:
            self._read_within(HEAD_SECONDS)
        self._silent += len(data)
        super().data_received(data)
        if self._head + self._silent > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        self._read_within(HEAD_SECONDS)
        self._begun, self._head, self._silent = True, 0, 0
        self.since = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if self._begun:
            super().on_header(name, value)
            if len(self.headers) > MOST_HEADERS:
                self._give_up()

    def on_headers_complete(self) -> None:
        self._begun = False  # what is called a header from here on is a trailer, and dropped
        self._read_within(MESSAGE_SECONDS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._silent = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = self._silent = 0
        self._stop_reading_clock()
        super().on_message_complete()
        if self.cycle.response_complete:
            self.cycle.more_body = False
            self._wait_for_the_next()

    def _count(self, size: int) -> None:
        self._head += size
        self._silent = 0
        if self._head > LARGEST_HEAD:
            self._give_up()

    def _give_up(self) -> None:
        self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise _HeadTooLarge

    # What goes out
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_stuck_clock()
        self._stuck = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_stuck_clock()
        super().resume_writing()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.since = self.loop.time()
        if self.transport.is_closing():
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - as uvicorn calls it
        """Refuse what the parser could not read, in our form; uvicorn's `msg` is not it."""
        self._refuse(self._status)

    # Ends
    def timeout_keep_alive_handler(self) -> None:
        self._hang_up()

    def _too_slow(self) -> None:
        if self._begun and not self._is_answering:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._hang_up()

    def _refuse(self, status: HTTPStatus, more: bytes = b"") -> None:
        """Answer by ourselves and close.

        Where a whole request is at work, its own answer comes, and is the last; where this one has
        its answer already, there is only the closing.
        """
        if self._is_answering and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self.transport.pause_reading()
            return
        if self.cycle is not None and self.cycle.response_complete and self.cycle.more_body:
            self._hang_up()
            return
        answer = JSONResponse({"error": status.phrase}, headers=SECURITY_HEADERS)
        headers = [b"%b: %b\r\n" % header for header in answer.raw_headers]
        head = [STATUS_LINE[status], *headers, more, b"connection: close\r\n\r\n"]
        self.transport.write(b"".join([*head, bytes(answer.body)]))
        self._hang_up()

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _make_room(self) -> None:
        """Close the one that has kept us waiting for longest; if all others are at work, this one."""
        waiting = [
            c
            for c in self.connections
            if isinstance(c, HttpConnection) and c.is_waiting and not c.transport.is_closing()
        ]
        longest = min(waiting, key=lambda connection: connection.since)
        if longest is self:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _TRY_AGAIN)
        else:
            longest.transport.abort()

    @property
    def is_waiting(self) -> bool:
        """Whether the next step is the other side's, since `since`: no whole request is unanswered."""
        return not self._is_answering or self.cycle.more_body

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    # Clocks
    def _read_within(self, seconds: float) -> None:
        self._stop_reading_clock()
        self._reading = self.loop.call_later(seconds, self._too_slow)

    def _stop_reading_clock(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop_stuck_clock(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _wait_for_the_next(self) -> None:
        """Count from now on: what uvicorn counts from its answer on ended with the body's next byte."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
