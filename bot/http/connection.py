"""One HTTP connection with deadlines and size limits."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from starlette.responses import JSONResponse
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bot.http.parser import RequestParser
from bot.http.responses import SECURITY_HEADERS

_RETRY_AFTER = b"retry-after: 5\r\n"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long a client may take, and how much it may send."""

    head_timeout: timedelta = timedelta(seconds=10)
    """From the opening of the connection, or from the first byte of a later request."""
    body_timeout: timedelta = timedelta(seconds=12)
    """For the body. Longer than `BODY_TIMEOUT`; it also ends requests whose body no endpoint reads."""
    write_timeout: timedelta = timedelta(seconds=30)
    """For a client that does not read its response."""
    close_timeout: timedelta = timedelta(seconds=5)
    """For the rest of a response after this side has closed the connection."""
    max_head_bytes: int = 32 * 1024
    """Juicebox, Slack and a platform's router together send about two thousand."""
    max_headers: int = 100
    max_connections: int = 800
    """Of one process: below the 1,024 open files that many systems allow."""


class _HeadTooLarge(Exception):
    """Raised in a callback of the parser to reject the request."""


class HttpConnection(HttpToolsProtocol):
    """uvicorn's protocol with the limits that it leaves to a proxy in front of it.

    uvicorn sets no deadline for the first byte, the headers, the body, or a client that does not read
    its response, and accepts headers of any size. Between two requests uvicorn's own
    `--timeout-keep-alive` applies. What this class uses of uvicorn is listed in
    tests/http/test_uvicorn_contract.py.
    """

    limits = ConnectionLimits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.parser = RequestParser(self)  # type: ignore[assignment]  # has what uvicorn calls
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._is_reading_head = False
        self._head_bytes = 0
        self._unparsed_bytes = 0
        self._status = HTTPStatus.BAD_REQUEST
        self.waiting_since = self.loop.time()
        self._start_read_timer(self.limits.head_timeout)
        if len(self.connections) > self.limits.max_connections:
            self._close_longest_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_read_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    # Requests
    def data_received(self, data: bytes) -> None:
        if self._read_timer is None and self.timeout_keep_alive_task is not None:
            self._start_read_timer(self.limits.head_timeout)
        self._unparsed_bytes += len(data)
        super().data_received(data)
        size = self._head_bytes + self._unparsed_bytes
        if size > self.limits.max_head_bytes and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        self._start_read_timer(self.limits.head_timeout)
        self._is_reading_head, self._head_bytes, self._unparsed_bytes = True, 0, 0
        self.waiting_since = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if self._is_reading_head:
            super().on_header(name, value)
            if len(self.headers) > self.limits.max_headers:
                self._reject_head()

    def on_headers_complete(self) -> None:
        self._is_reading_head = False  # later headers are trailers, which are dropped
        self._start_read_timer(self.limits.body_timeout)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_bytes = self._unparsed_bytes = 0
        self._stop_read_timer()
        super().on_message_complete()
        if self.cycle.response_complete:
            self.cycle.more_body = False
            self._restart_keep_alive_timer()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        self._unparsed_bytes = 0
        if self._head_bytes > self.limits.max_head_bytes:
            self._reject_head()

    def _reject_head(self) -> None:
        self._status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise _HeadTooLarge

    # Responses
    def pause_writing(self) -> None:
        super().pause_writing()
        timeout = self.limits.write_timeout.total_seconds()
        self._write_timer = self.loop.call_later(timeout, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.waiting_since = self.loop.time()
        if self.transport.is_closing():
            self._abort_later()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """Refuse a request that the parser rejected, in the format of all our responses."""
        self._refuse(self._status)

    # Closing
    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def _on_read_timeout(self) -> None:
        if self._is_reading_head and not self._is_answering:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._close()

    def _refuse(self, status: HTTPStatus, extra_header: bytes = b"") -> None:
        """Send an error response and close.

        While a complete request is being handled, its response is sent instead, as the last one. If
        the current request has been answered already, only close.
        """
        if not self.is_waiting:
            self.cycle.keep_alive = False
            self.transport.pause_reading()
            return
        if self.cycle is not None and self.cycle.response_complete and self.cycle.more_body:
            self._close()
            return
        response = JSONResponse({"error": status.phrase}, headers=SECURITY_HEADERS)
        headers = [b"%b: %b\r\n" % header for header in response.raw_headers]
        head = [STATUS_LINE[status], *headers, extra_header, b"connection: close\r\n\r\n"]
        self.transport.write(b"".join([*head, bytes(response.body)]))
        self._close()

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
            self._abort_later()

    def _abort_later(self) -> None:
        self.loop.call_later(self.limits.close_timeout.total_seconds(), self.transport.abort)

    def _close_longest_waiting(self) -> None:
        """Close the connection that has been waiting longest for its client; maybe this one."""
        waiting = [
            c
            for c in self.connections
            if isinstance(c, HttpConnection) and c.is_waiting and not c.transport.is_closing()
        ]
        longest = min(waiting, key=lambda connection: connection.waiting_since)
        if longest is self:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, _RETRY_AFTER)
        else:
            longest.transport.abort()

    @property
    def is_waiting(self) -> bool:
        """Whether the client has to act next: no complete request awaits its response."""
        return not self._is_answering or self.cycle.more_body

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    # Timers
    def _start_read_timer(self, timeout: timedelta) -> None:
        self._stop_read_timer()
        self._read_timer = self.loop.call_later(timeout.total_seconds(), self._on_read_timeout)

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()

    def _restart_keep_alive_timer(self) -> None:
        """Restart uvicorn's timer, which ran from the response until more of the body came."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
