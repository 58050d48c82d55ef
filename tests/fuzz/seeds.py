"""Initial inputs for fuzzing: valid input for each target, and slight variations."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bot.intake.signature import sign
from bot.model import DeadLetter, Delivery, DeliveryState, Step
from bot.store.codec import encode_delivery, encode_step
from tests.factories import NOW, make_delivery
from tests.standard_webhooks import sign_standard
from tests.store.old_release import KEYS, recorded_deliveries

FIXTURES = Path(__file__).parents[1] / "fixtures"
_TEXTS = (
    "<!channel> & <https://evil.example|x>",
    "{{ 7*7 }} *_~` \u202eexe.pdf \x00 \u2028 \r\n",
    "&lt;&amp;\"'\\ \U0001f9c3 Mu\u0308ller",
)

_TIMESTAMPS = (
    *("0001-01-01T00:00:00+14:00", "2026-01-15t24:00:00z", "2016-12-31T23:59:60Z"),
    *("1768487400", "1768487400123", 1768487400.5, -1),
)
_SLACK_HEADERS = (
    b"v0=" + b"0a" * 32,
    b"v0=" + b"0A" * 32,
    b"v0=0a",
    b"v0=\n",
    b"1768487400",
    b"1\n",
    b"\xb2",
)


def seeds() -> Mapping[str, list[bytes]]:
    """Return initial inputs for each target."""
    bodies = [path.read_bytes() for path in sorted(FIXTURES.rglob("*.json"))]
    texts = [text.encode() for text in _TEXTS]
    return {
        "signature": [*(sign(b, b"whsec_current").encode() + b"\n" + b for b in bodies[:2])],
        "standard_webhooks": [_standard(b) for b in bodies[:2]],
        "envelope": [*bodies, *_invalid_envelopes(bodies[0])],
        "handlers": [json.dumps(json.loads(body)["data"]).encode() for body in bodies],
        "escaper": texts,
        "template": texts,
        "slack_headers": [*_SLACK_HEADERS],
        "row": [*_rows()],
        "old_step": [step.encode() for step in KEYS["juicebox:trail:evt_retrying"]],
        "delivery": [encode_delivery(found, 0, NOW).encode() for found in _deliveries()],
        "step": [encode_step(Step(NOW, "sent", detail="x"), 0, NOW).encode() * 2],
    }


def _standard(body: bytes) -> bytes:
    signed = sign_standard(body, b"whsec_current", "msg_1", NOW)
    return b"\n".join([*(value.encode() for value in signed.values()), body])


def _invalid_envelopes(body: bytes) -> Iterator[bytes]:
    """Yield envelopes with one invalid field each."""
    whole = json.loads(body)
    for field in whole:
        for wrong in (" ", "", "x" * 201, 7, 1.5, 10**200, None, {}, *_TIMESTAMPS):
            yield json.dumps({**whole, field: wrong}).encode()


def _rows() -> Iterator[bytes]:
    """Yield deliveries of release 0.4.0."""
    names = ("notification", "destination", "state", "created_at", "updated_at", "attempts")
    for kept in recorded_deliveries("evt_limited").values():
        yield b"\xff".join(kept[name].encode() for name in names)


def _deliveries() -> Iterator[Delivery]:
    plain = make_delivery()
    yield plain
    yield replace(
        plain,
        state=DeliveryState.RETRYING,
        about=DeadLetter("evt_1", "dlv_2"),
        next_at=NOW,
        reason="timeout",
        own_job=True,
        token="t1",
    )
