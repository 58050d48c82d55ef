"""The signature: bytes against bytes, every secret, one answer for every fault."""

import pytest

from bot.errors import InvalidSignature
from bot.intake.signature import sign, verify

BODY = b'{"id": "evt_1"}'
SECRET = b"whsec_current"
GOOD = b"sha256=d5ea299bfb48dd8367a89b969475f3ce7b51eb8108add14a006612b6c483ad52"


def test_the_header_is_sha256_and_the_hmac_of_the_body_in_hex() -> None:
    """Recomputed with: printf '%s' '{"id": "evt_1"}' | openssl dgst -sha256 -hmac whsec_current."""
    assert sign(BODY, SECRET).encode() == GOOD


def test_a_good_signature_passes() -> None:
    verify(BODY, [GOOD], [SECRET])


def test_the_previous_secret_is_good_too() -> None:
    verify(BODY, [sign(BODY, b"old").encode()], [SECRET, b"old"])


@pytest.mark.parametrize(
    "signatures",
    [
        [],
        [b""],
        [b"sha256="],
        [GOOD[7:]],
        [GOOD.upper()],
        [b"sha1=" + GOOD[7:]],
        [GOOD + b" "],
        [GOOD, GOOD],
        [b"\xff\xfe"],
        ["sha256=ümläut".encode()],
    ],
)
def test_a_missing_doubled_or_malformed_signature_is_refused(signatures: list[bytes]) -> None:
    with pytest.raises(InvalidSignature, match=r"^Invalid signature$"):
        verify(BODY, signatures, [SECRET])


def test_one_flipped_bit_in_any_byte_of_the_body_is_refused() -> None:
    for place in range(len(BODY)):
        for bit in range(8):
            changed = bytearray(BODY)
            changed[place] ^= 1 << bit
            with pytest.raises(InvalidSignature):
                verify(bytes(changed), [GOOD], [SECRET])


def test_one_flipped_bit_in_any_byte_of_the_signature_is_refused() -> None:
    for place in range(len(GOOD)):
        for bit in range(8):
            changed = bytearray(GOOD)
            changed[place] ^= 1 << bit
            with pytest.raises(InvalidSignature):
                verify(BODY, [bytes(changed)], [SECRET])


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        verify(BODY, [sign(BODY, b"theirs").encode()], [SECRET, b"old"])
