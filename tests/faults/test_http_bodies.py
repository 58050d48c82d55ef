"""Request bodies that were tampered with, are too large, or contradict their headers."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest

from bot.clock import utc_now
from bot.http.body import LARGEST_BODY
from bot.store.queue import QUEUE
from tests.app import SECRET, envelope, signed
from tests.faults.deployment import WEBHOOK, Deployment
from tests.faults.tally import Tally
from tests.faults.wire import exchange, request
from tests.standard_webhooks import sign_standard

JSON = b"Content-Type: application/json"
NAME = b"X-Juicebox-Signature"


def flipped(value: bytes, bit: int) -> list[bytes]:
    """Return a copy of the value for each byte, with this bit of the byte flipped."""
    return [
        value[:index] + bytes([byte ^ (1 << bit)]) + value[index + 1 :]
        for index, byte in enumerate(value)
    ]


def is_forbidden(value: bytes) -> bool:
    """True if HTTP forbids the header value, so it is refused before the signature is verified."""
    return any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in value)


@pytest.mark.case(4)
async def test_one_flipped_bit_in_any_byte_is_refused(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    body = envelope("evt_whole")
    signature = signed(body)["x-juicebox-signature"].encode()
    async with deployment.web() as web:
        for bit in range(8) if whole else [0, 5]:
            tampered = [(changed, signature) for changed in flipped(body, bit)]
            tampered += [
                (body, changed)
                for changed in flipped(signature, bit)
                if changed.lower() != signature  # the same digits in upper case
            ]
            for sent, header in tampered:
                received = await exchange(web.port, request(sent, JSON, NAME + b": " + header))
                assert received.statuses == [400 if is_forbidden(header) else 401], (sent, header)
            tally.run(len(tampered))
        assert await deployment.store.redis.zcard(QUEUE) == 0
        assert (await web.receive(body)).status_code == 200


@pytest.mark.case(4)
async def test_one_flipped_bit_of_standard_webhooks_is_refused(
    deployment: Deployment, tally: Tally, whole: bool
) -> None:
    body = envelope("evt_whole")
    signed_now = sign_standard(body, SECRET, "msg_1", utc_now())
    headers = {name.encode(): value.encode() for name, value in signed_now.items()}
    async with deployment.web() as web:
        for bit in range(8) if whole else [1, 4]:
            for name, value in headers.items():
                for changed in flipped(value, bit):
                    lines = [b"%s: %s" % line for line in {**headers, name: changed}.items()]
                    received = await exchange(web.port, request(body, JSON, *lines))
                    assert received.statuses == [400 if is_forbidden(changed) else 401], changed
                tally.run(len(value))
        assert await deployment.store.redis.zcard(QUEUE) == 0
        lines = [b"%s: %s" % line for line in headers.items()]
        assert (await exchange(web.port, request(body, JSON, *lines))).statuses == [200]


def of_size(event_id: str, size: int) -> bytes:
    """Return a valid event of exactly this many bytes."""
    content = json.loads(envelope(event_id))
    content["data"]["query"] = ""
    content["data"]["query"] = "x" * (size - len(json.dumps(content)))
    body = json.dumps(content).encode()
    assert len(body) == size
    return body


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


@pytest.mark.case(7)
async def test_a_body_up_to_the_limit_is_accepted_with_a_length_or_in_chunks(
    deployment: Deployment, tally: Tally
) -> None:
    async with deployment.web() as web, deployment.worker():
        for size, status in ((LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)):
            announced = of_size(f"evt_announced_{size}", size)
            assert (await web.receive(announced)).status_code == status
            chunked = of_size(f"evt_chunked_{size}", size)
            answer = await web.client.post(
                WEBHOOK, content=in_chunks(chunked), headers=signed(chunked)
            )
            assert answer.status_code == status
        accepted = [f"evt_{way}_{LARGEST_BODY}" for way in ("announced", "chunked")]
        await deployment.settled(accepted)
        await tally.audit(deployment, accepted, runs=4)


@pytest.mark.case(7)
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "", "GZIP"])
async def test_a_compressed_body_is_refused(
    deployment: Deployment, tally: Tally, coding: str
) -> None:
    body = gzip.compress(envelope("evt_compressed"))
    async with deployment.web() as web:
        answer = await web.receive(body, {"Content-Encoding": coding})
        assert answer.status_code == 415
        assert "compressed" in answer.json()["error"]
        assert await deployment.store.events.get("evt_compressed") is None
    tally.run()


@pytest.mark.case(7)
async def test_a_wrong_content_length_is_refused(deployment: Deployment, tally: Tally) -> None:
    """A length above the limit is refused before the body; a body that is too short is waited for."""
    body = envelope("evt_length")
    signature = NAME + b": " + signed(body)["x-juicebox-signature"].encode()
    async with deployment.web() as web:
        more = request(body, JSON, signature, b"Content-Length: 9000000000", length=False)
        assert (await exchange(web.port, more)).statuses == [413]
        longer = b"Content-Length: %d" % (len(body) + 1)
        received = await exchange(
            web.port, request(body, JSON, signature, longer, length=False), seconds=1
        )
        assert (received.statuses, received.closed) == ([], False)
        shorter = b"Content-Length: %d" % (len(body) - 1)
        received = await exchange(web.port, request(body, JSON, signature, shorter, length=False))
        assert received.statuses == [401]
        assert await deployment.store.events.get("evt_length") is None
        assert (await web.receive(body)).status_code == 200
    tally.run(3)
