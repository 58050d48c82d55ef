"""Requests that no client makes, as bytes on a socket: refused as documented, and web lives on."""

import pytest

from tests.app import envelope, signed
from tests.faults.deployment import Deployment, Web
from tests.faults.tally import Tally
from tests.faults.wire import Heard, request, say

BODY = envelope("evt_wire")
SIGNATURE = b"X-Juicebox-Signature: " + signed(BODY)["x-juicebox-signature"].encode()
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
WEBHOOK = b"/webhooks/juicebox"


def event(*headers: bytes, body: bytes = BODY) -> bytes:
    """The genuine event, with more headers than it needs."""
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
    "a blank before the colon": (400, event(b"X-A : b")),
    "no colon": (400, event(b"X-A")),
    "a header of 60,000 bytes": (431, event(b"X-A: " + b"a" * 60_000)),
    "a header of 2,000,000 bytes": (431, event(b"X-A: " + b"a" * 2_000_000)),
    "200 headers": (431, event(*[b"X-%d: a" % number for number in range(200)])),
    "a forwarded scheme that is none": (200, event(b"X-Forwarded-Proto: \xff, gopher")),
    "a forwarded address that is none": (200, event(b"X-Forwarded-For: " + b"\xff" * 300)),
    "an expectation": (200, event(b"Expect: 100-continue")),
    # RFC 9110 7.8: a server that does not speak the other protocol ignores the wish for it.
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
    "less than there is": (401, chunked(BODY, b"Content-Length: %d" % (len(BODY) - 1))),
    "neither length nor chunks": (401, chunked(BODY)),
}

LINES = {
    "GET": (405, line(b"GET")),
    "PUT": (405, line(b"PUT")),
    "HEAD": (405, line(b"HEAD")),
    "DELETE": (405, line(b"DELETE")),
    "OPTIONS for all": (404, line(b"OPTIONS", b"*")),
    "CONNECT": (400, line(b"CONNECT", b"bot:443")),
    "a method that is none": (400, line(b"BREW")),
    "a method in small letters": (400, line(b"post")),
    "two slashes before": (404, line(b"POST", b"//webhooks/juicebox")),
    "a slash behind": (200, line(b"POST", WEBHOOK + b"/")),
    "two slashes behind": (404, line(b"POST", WEBHOOK + b"//")),
    "an encoded NUL": (404, line(b"POST", WEBHOOK + b"%00")),
    "a NUL": (400, line(b"POST", WEBHOOK + b"\x00")),
    "up and down": (404, line(b"POST", b"/webhooks/../webhooks/juicebox")),
    "up and down, encoded": (404, line(b"POST", b"/webhooks/%2e%2e/webhooks/juicebox")),
    "a path that is not ASCII": (400, line(b"POST", b"/webhooks/\xff")),
    "a path that is not text": (404, line(b"POST", b"/%ff%fe")),
    "a path without a slash": (400, line(b"POST", b"webhooks/juicebox")),
    "a path of 60,000 bytes": (431, line(b"POST", b"/" + b"a" * 60_000)),
    "half an address": (400, line(b"POST", b"http://[::1")),
    "a port out of range": (400, line(b"POST", b"http://bot:99999" + WEBHOOK)),
    "a version that is none": (400, line(b"POST", end=b" HTTP/9.9")),
    "HTTP/1.0": (200, line(b"POST", end=b" HTTP/1.0")),
    "HTTP/2 out of the blue": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))),
    # The request is whole: its answer comes, and is the last.
    "words behind a request": (200, b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\nand so on\r\n\r\n"),
}


def is_refused(heard: Heard, wanted: int) -> bool:
    """One closed connection with the one answer; a kernel may take a 431 back that nobody has read."""
    permanent = [status for status in heard.statuses if status != 100]
    return heard.closed and (permanent[-1:] == [wanted] or (wanted == 431 and permanent == []))


async def wrong_answers(web: Web, cases: dict[str, tuple[int, bytes]]) -> dict[str, Heard]:
    heard = {name: (wanted, await say(web.port, sent)) for name, (wanted, sent) in cases.items()}
    return {name: was for name, (wanted, was) in heard.items() if not is_refused(was, wanted)}


@pytest.mark.case(5)
@pytest.mark.parametrize("cases", [HEADERS, LENGTHS, LINES], ids=["headers", "lengths", "lines"])
async def test_what_is_no_proper_request_is_refused_as_documented(
    deployment: Deployment, tally: Tally, cases: dict[str, tuple[int, bytes]]
) -> None:
    async with deployment.web() as web, deployment.worker():
        assert await wrong_answers(web, cases) == {}
        body = envelope("evt_after")
        assert (await web.receive(body)).status_code == 200
        await deployment.settled(["evt_after"])
        assert "Exception in ASGI application" not in web.log()
        await tally.audit(deployment, ["evt_after"], runs=len(cases))


@pytest.mark.case(5)
async def test_a_signature_behind_the_body_is_none(deployment: Deployment, tally: Tally) -> None:
    async with deployment.web() as web:
        trailing = b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(BODY), BODY, SIGNATURE)
        heard = await say(web.port, request(trailing, JSON, CHUNKED, length=False))
        assert heard.statuses == [401]
    tally.run()
