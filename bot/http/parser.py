"""A parser of HTTP requests that ignores every request for another protocol."""

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class TunnelRefused(Exception):
    """Raised in a callback of the parser for CONNECT: this server is not a proxy."""


class RequestParser:
    """httptools' parser for one connection, but `Upgrade` has no effect.

    A server that does not support the protocol in `Upgrade` ignores the field, and reads the body as a
    body: https://www.rfc-editor.org/rfc/rfc9110#section-7.8
    httptools ends such a message after its head, drops the rest of the segment, and parses the next
    segment as a request: the author of a body could smuggle requests past a proxy in front of this
    server. So the head is parsed again without its `Upgrade` field, by a new parser, which then reads
    the body and all later requests.
    """

    def __init__(self, connection: HttpToolsProtocol) -> None:
        self._connection = connection
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self.on_body = connection.on_body
        self._parser = self._new_parser()

    def feed_data(self, data: bytes) -> None:
        """Parse the data, and call the connection's method for each part of a request.

        Raises:
            httptools.HttpParserError: if the data is not a valid request.
        """
        rest = memoryview(data)
        while rest:
            try:
                self._parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                self._parse_head_again()
            else:
                return

    def get_method(self) -> bytes:
        return self._parser.get_method()

    def get_http_version(self) -> str:
        return self._parser.get_http_version()

    def should_keep_alive(self) -> bool:
        return self._parser.should_keep_alive()

    def should_upgrade(self) -> bool:
        return False

    # Callbacks of httptools
    def on_message_begin(self) -> None:
        self._url, self._headers = b"", []
        self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._parser.should_upgrade():
            self._connection.on_headers_complete()
        elif self.get_method() == b"CONNECT":
            raise TunnelRefused

    def on_message_complete(self) -> None:
        if not self._parser.should_upgrade():
            self._connection.on_message_complete()

    def _parse_head_again(self) -> None:
        method, version = self.get_method(), self.get_http_version().encode()
        kept = [b"%b: %b" % (n, v) for n, v in self._headers if n.lower() != b"upgrade"]
        lines = [b"%b %b HTTP/%b" % (method, self._url, version), *kept]
        self._parser = self._new_parser()
        self._parser.feed_data(b"\r\n".join([*lines, b"", b""]))

    def _new_parser(self) -> HttpRequestParser:
        """Return a parser with uvicorn's only setting, which allows data after `Connection: close`."""
        parser = HttpRequestParser(self)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser
