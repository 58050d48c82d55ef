"""Where fuzzing begins: what each target is fed with on a good day."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.intake.signature import sign
from bot.model import Step
from bot.store.rows import encode_rows
from bot.store.trail import encode_step
from tests.making import NOW, make_delivery

FIXTURES = Path(__file__).parents[1] / "fixtures"
_TEXTS = (
    "<!channel> & <https://evil.example|x>",
    "{{ 7*7 }} *_~` \u202eexe.pdf \x00 \u2028 \r\n",
    "&lt;&amp;\"'\\ \U0001f9c3 Mu\u0308ller",
)


def seeds() -> Mapping[str, list[bytes]]:
    """Some inputs for each target."""
    bodies = [path.read_bytes() for path in sorted(FIXTURES.glob("*.json"))]
    texts = [text.encode() for text in _TEXTS]
    return {
        "signature": [*(sign(b, b"whsec_current").encode() + b"\n" + b for b in bodies[:2])],
        "envelope": bodies,
        "escaper": texts,
        "template": texts,
        "slack_door": [b"v0=" + b"0a" * 32, b"1768487400"],
        "row": [*_rows()],
        "step": [encode_step(Step(NOW, "sent", "dlv_1", "slack:C1", "x")).encode()],
    }


def _rows() -> Iterator[bytes]:
    kept = dict(zip(*[iter(_flat())] * 2, strict=True))
    names = ("notification", "destination", "state", "created_at", "updated_at", "attempts")
    yield b"\xff".join(kept[name].encode() for name in names)


def _flat() -> list[str]:
    [_, written] = encode_rows([make_delivery()], "owner")
    flat: list[str] = json.loads(written)
    return flat
