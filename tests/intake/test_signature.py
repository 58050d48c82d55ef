"""The hex signature: formats, secrets, and the same error for every fault."""

import pytest

from bot.errors import InvalidSignature
from bot.intake.signature import HEADER, sign, verify
from tests.factories import NOW

BODY = b'{"id": "evt_1"}'
SECRET = b"whsec_current"
GOOD = b"sha256=d5ea299bfb48dd8367a89b969475f3ce7b51eb8108add14a006612b6c483ad52"


def check(*signatures: bytes, body: bytes = BODY, secrets: tuple[bytes, ...] = (SECRET,)) -> None:
    headers = [(b"content-type", b"application/json"), *((HEADER, s) for s in signatures)]
    assert verify(body, headers, secrets, NOW) is None


def test_the_header_is_sha256_and_the_hmac_of_the_body_in_hex() -> None:
    """Recomputed with: printf '%s' '{"id": "evt_1"}' | openssl dgst -sha256 -hmac whsec_current."""
    assert sign(BODY, SECRET).encode() == GOOD


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(GOOD, id="as Juicebox makes it"),
        pytest.param(GOOD[7:], id="without sha256="),
        pytest.param(GOOD.upper(), id="in upper case"),
        pytest.param(GOOD[7:].upper(), id="in upper case, without SHA256="),
        pytest.param(b"Sha256=" + GOOD[7:39] + GOOD[39:].upper(), id="in both cases"),
        pytest.param(GOOD + b" ", id="with a space at the end"),
        pytest.param(b"\t " + GOOD[7:] + b" \t\t", id="with spaces and tabs around it"),
    ],
)
def test_a_valid_signature_may_have_several_formats(signature: bytes) -> None:
    check(signature)


def test_the_previous_secret_is_valid_too() -> None:
    check(sign(BODY, b"old").encode(), secrets=(SECRET, b"old"))


@pytest.mark.parametrize("secret", [b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b"whsec_", b" x "])
def test_a_secret_is_used_as_it_is(secret: bytes) -> None:
    check(sign(BODY, secret).encode(), secrets=(secret,))
    with pytest.raises(InvalidSignature):
        check(sign(BODY, secret.removeprefix(b"whsec_") + b".").encode(), secrets=(secret,))


@pytest.mark.parametrize(
    "signatures",
    [
        [],
        [b""],
        [b" \t"],
        [b"sha256="],
        [b"sha256=sha256=" + GOOD[7:]],
        [b"sha1=" + GOOD[7:]],
        [b"sha256= " + GOOD[7:]],
        [GOOD[:-1]],
        [GOOD + b"\n"],
        [GOOD + b"\0"],
        [GOOD, GOOD],
        [GOOD + b", " + GOOD],
        [b"\xff\xfe"],
        ["sha256=ümläut".encode()],
        ["\u017fha256=".encode() + GOOD[7:]],
        [GOOD * 400],
    ],
)
def test_a_missing_repeated_or_malformed_signature_is_refused(signatures: list[bytes]) -> None:
    with pytest.raises(InvalidSignature, match=r"^Invalid signature$"):
        check(*signatures)


def test_one_flipped_bit_in_any_byte_of_the_body_is_refused() -> None:
    for changed in flips(BODY):
        with pytest.raises(InvalidSignature):
            check(GOOD, body=changed)


@pytest.mark.parametrize("signature", [GOOD, GOOD[7:], GOOD.upper()])
def test_one_flipped_bit_in_any_byte_of_the_signature_is_refused(signature: bytes) -> None:
    """Except for one that changes only the case of a hexadecimal digit."""
    for changed in flips(signature):
        if changed.lower() == signature.lower():
            check(changed)
            continue
        with pytest.raises(InvalidSignature):
            check(changed)


def flips(whole: bytes) -> list[bytes]:
    """Return every variant of the bytes with one flipped bit."""
    return [
        whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
        for place in range(len(whole))
        for bit in range(8)
    ]


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        check(sign(BODY, b"theirs").encode(), secrets=(SECRET, b"old"))


def test_an_id_that_the_signature_does_not_cover_is_not_returned() -> None:
    headers = [(HEADER, GOOD), (b"webhook-id", b"msg_1"), (b"webhook-timestamp", b"1768487400")]
    assert verify(BODY, headers, [SECRET], NOW) is None
