"""Malformed requests, sent over a socket: they are refused as documented, and web keeps running."""

import pytest

from tests.app import envelope, signed
from tests.faults.deployment import Deployment, Web
from tests.faults.tally import Tally
from tests.faults.wire import Received, exchange, request

BODY = envelope("evt_wire")
SIGNATURE = b"X-Juicebox-Signature: " + signed(BODY)["x-juicebox-signature"].encode()
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
WEBHOOK = b"/webhooks/juicebox"


def event(*headers: bytes, body: bytes = BODY) -> bytes:
    """Return a valid event with additional headers."""
    return request(body, JSON, SIGNATURE, *headers)


def unsigned(*headers: bytes) -> bytes:
    return request(BODY, JSON, *headers)


def chunked(body: bytes, *headers: bytes) -> bytes:
    return request(body, JSON, SIGNATURE, *headers, length=False)


def line(start: bytes, path: bytes = WEBHOOK, end: bytes = b" HTTP/1.1") -> bytes:
    return request(BODY, JSON, SIGNATURE, line=start + b" " + path + end)


HEADERS = {
    "no signature": (401, unsigned()),
    "a signature that is not ASCII": (401, unsigned("X-Juicebox-Signature: sha256=ü".encode())),
    "a signature that is not text": (401, unsigned(b"X-Juicebox-Signature: \xff\xfe\xfd")),
    "a signature of 30,000 digits": (401, unsigned(b"X-Juicebox-Signature: " + b"a" * 30_000)),
    "a signature twice": (401, event(SIGNATURE)),
    "a signature in two": (401, unsigned(SIGNATURE[:40], b"X-Juicebox-Signature: b")),
    "a signature over two lines": (400, unsigned(SIGNATURE[:40] + b"\r\n " + SIGNATURE[40:])),
    "NUL in a value": (400, unsigned(b"X-Juicebox-Signature: sha256=\x00")),
    "NUL in a name": (400, event(b"X-\x00: a")),
    "a folded line": (400, event(b"X-A: b\r\n c")),
    "a lone carriage return": (400, event(b"X-A: b\rX-C: d")),
    "a lone line feed": (400, event(b"X-A: b\nX-C: d")),
    "a space before the colon": (400, event(b"X-A : b")),
    "no colon": (400, event(b"X-A")),
    "a header of 60,000 bytes": (431, event(b"X-A: " + b"a" * 60_000)),
    "a header of 2,000,000 bytes": (431, event(b"X-A: " + b"a" * 2_000_000)),
    "200 headers": (431, event(*[b"X-%d: a" % number for number in range(200)])),
    "an invalid forwarded scheme": (200, event(b"X-Forwarded-Proto: \xff, gopher")),
    "an invalid forwarded address": (200, event(b"X-Forwarded-For: " + b"\xff" * 300)),
    "Expect: 100-continue": (200, event(b"Expect: 100-continue")),
    # RFC 9110 7.8: a server that does not speak the other protocol ignores the offer.
    "an upgrade": (200, event(b"Connection: upgrade", b"Upgrade: websocket")),
}

LENGTHS = {
    "two equal lengths": (400, event(b"Content-Length: %d" % len(BODY))),
    "two lengths": (400, event(b"Content-Length: 1")),
    "a length and chunks": (400, event(CHUNKED, body=b"0\r\n\r\n")),
    "chunks twice": (400, chunked(b"0\r\n\r\n", CHUNKED, CHUNKED)),
    "an encoding after chunks": (400, chunked(b"0\r\n\r\n", CHUNKED + b", identity")),
    "an encoding nearly chunked": (400, chunked(b"0\r\n\r\n", b"Transfer-Encoding: xchunked")),
    "a chunk size in words": (400, chunked(b"zz\r\nab\r\n0\r\n\r\n", CHUNKED)),
    "a negative chunk size": (400, chunked(b"-1\r\nab\r\n0\r\n\r\n", CHUNKED)),
    "a chunk size of 17 digits": (400, chunked(b"f" * 17 + b"\r\nab", CHUNKED)),
    "a chunk longer than it says": (400, chunked(b"1\r\nabcdef\r\n0\r\n\r\n", CHUNKED)),
    "a trailer of 70,000 bytes": (
        431,
        chunked(b"0\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n", CHUNKED),
    ),
    "a negative length": (400, chunked(b"", b"Content-Length: -1")),
    "a length with a sign": (400, chunked(b"", b"Content-Length: +1")),
    "a length of 30 digits": (400, chunked(b"", b"Content-Length: " + b"9" * 30)),
    "a length in words": (400, chunked(b"", b"Content-Length: ten")),
    "an empty length": (400, chunked(b"", b"Content-Length:")),
    "a list of lengths": (400, chunked(b"a", b"Content-Length: 1, 1")),
    "a length below the size": (401, chunked(BODY, b"Content-Length: %d" % (len(BODY) - 1))),
    "neither length nor chunks": (401, chunked(BODY)),
}

LINES = {
    "GET": (405, line(b"GET")),
    "PUT": (405, line(b"PUT")),
    "HEAD": (405, line(b"HEAD")),
    "DELETE": (405, line(b"DELETE")),
    "OPTIONS for all": (404, line(b"OPTIONS", b"*")),
    "CONNECT": (400, line(b"CONNECT", b"bot:443")),
    "an unknown method": (400, line(b"BREW")),
    "a method in lower case": (400, line(b"post")),
    "two leading slashes": (404, line(b"POST", b"//webhooks/juicebox")),
    "a trailing slash": (200, line(b"POST", WEBHOOK + b"/")),
    "two trailing slashes": (404, line(b"POST", WEBHOOK + b"//")),
    "an encoded NUL": (404, line(b"POST", WEBHOOK + b"%00")),
    "a NUL": (400, line(b"POST", WEBHOOK + b"\x00")),
    "dot segments": (404, line(b"POST", b"/webhooks/../webhooks/juicebox")),
    "encoded dot segments": (404, line(b"POST", b"/webhooks/%2e%2e/webhooks/juicebox")),
    "a path that is not ASCII": (400, line(b"POST", b"/webhooks/\xff")),
    "a path that is not text": (404, line(b"POST", b"/%ff%fe")),
    "a path without a slash": (400, line(b"POST", b"webhooks/juicebox")),
    "a path of 60,000 bytes": (431, line(b"POST", b"/" + b"a" * 60_000)),
    "half a URL": (400, line(b"POST", b"http://[::1")),
    "a port out of range": (400, line(b"POST", b"http://bot:99999" + WEBHOOK)),
    "an unknown version": (400, line(b"POST", end=b" HTTP/9.9")),
    "HTTP/1.0": (200, line(b"POST", end=b" HTTP/1.0")),
    "the HTTP/2 preface": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))),
    # The first request is complete, so it gets a response, which is the last one.
    "garbage after a request": (
        200,
        b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\nand so on\r\n\r\n",
    ),
}


def is_answered(received: Received, wanted: int) -> bool:
    """True if the connection was closed after this status. A kernel may discard an unread 431."""
    statuses = [status for status in received.statuses if status != 100]
    return received.closed and (statuses[-1:] == [wanted] or (wanted == 431 and statuses == []))


async def wrong_responses(web: Web, cases: dict[str, tuple[int, bytes]]) -> dict[str, Received]:
    received = {
        name: (wanted, await exchange(web.port, sent)) for name, (wanted, sent) in cases.items()
    }
    return {name: was for name, (wanted, was) in received.items() if not is_answered(was, wanted)}


@pytest.mark.case(5)
@pytest.mark.parametrize("cases", [HEADERS, LENGTHS, LINES], ids=["headers", "lengths", "lines"])
async def test_malformed_requests_are_refused_as_documented(
    deployment: Deployment, tally: Tally, cases: dict[str, tuple[int, bytes]]
) -> None:
    async with deployment.web() as web, deployment.worker():
        assert await wrong_responses(web, cases) == {}
        body = envelope("evt_after")
        assert (await web.receive(body)).status_code == 200
        await deployment.settled(["evt_after"])
        assert "Exception in ASGI application" not in web.log()
        await tally.audit(deployment, ["evt_after"], runs=len(cases))


@pytest.mark.case(5)
async def test_a_signature_in_a_trailer_is_ignored(deployment: Deployment, tally: Tally) -> None:
    async with deployment.web() as web:
        trailing = b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(BODY), BODY, SIGNATURE)
        received = await exchange(web.port, request(trailing, JSON, CHUNKED, length=False))
        assert received.statuses == [401]
    tally.run()
