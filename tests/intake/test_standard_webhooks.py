"""Standard Webhooks: the signed content, the keys, the tolerance, and what is refused."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

import pytest

from bot.errors import InvalidSignature
from bot.intake.signature import HEADER, sign, verify
from tests.factories import NOW, seconds
from tests.intake.test_signature import flips
from tests.standard_webhooks import sign_standard

SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
BODY = b'{"type": "search.completed"}'
ID, AT = b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"%d" % NOW.timestamp()

Headers = Sequence[tuple[bytes, bytes]]


def signature(key: bytes = KEY, *, webhook_id: bytes = ID, at: bytes = AT) -> bytes:
    """Return a signature, made as the specification describes."""
    digest = hmac.new(key, webhook_id + b"." + at + b"." + BODY, "sha256").digest()
    return b"v1," + base64.b64encode(digest)


def headers(value: bytes, *, webhook_id: bytes = ID, at: bytes = AT) -> Headers:
    given = (webhook_id, at, value)
    return [*zip((b"webhook-id", b"webhook-timestamp", b"webhook-signature"), given, strict=True)]


GOOD = headers(signature())


def is_accepted(
    given: Headers = GOOD, body: bytes = BODY, secret: bytes = SECRET, *, now: datetime = NOW
) -> bool:
    try:
        return verify(body, given, [b"the previous one", secret], now) is not None
    except InvalidSignature as refused:
        assert str(refused) == "Invalid signature"  # noqa: PT017  # whichever fault it is
        return False


def test_the_example_of_the_reference_libraries() -> None:
    """https://github.com/standard-webhooks/standard-webhooks: the vector that each library tests."""
    body = b'{"test": 2432232314}'
    value = b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    given = headers(value, at=b"1614265330")
    then = NOW.fromtimestamp(1614265330, NOW.tzinfo)
    assert verify(body, given, [SECRET], then) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    made = sign_standard(body, SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", then)
    assert made == {name.decode(): text.decode() for name, text in given}


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        pytest.param(SECRET, KEY, id="whsec_ and base64"),
        pytest.param(b"whsec_" + SECRET[6:] + b"MQ", KEY + b"1", id="without its padding"),
        pytest.param(b"whsec_not+quite!base64", b"whsec_not+quite!base64", id="no base64 after it"),
        pytest.param(b"a secret of words", b"a secret of words", id="no prefix: as it is"),
        pytest.param(SECRET[6:], KEY, id="no prefix: decoded"),
        pytest.param(SECRET[6:], SECRET[6:], id="no prefix, and base64: as it is"),
    ],
)
def test_the_key_that_a_secret_means(secret: bytes, key: bytes) -> None:
    assert is_accepted(headers(signature(key)), secret=secret)


@pytest.mark.parametrize("secret", [b"whsec_", b"whsec_====", b"===="])
def test_no_secret_means_an_empty_key(secret: bytes) -> None:
    assert not is_accepted(headers(signature(b"")), secret=secret)


def test_a_prefixed_secret_is_not_used_undecoded() -> None:
    assert not is_accepted(headers(signature(SECRET)))
    assert not is_accepted(headers(signature(SECRET[6:])))


@pytest.mark.parametrize(
    "value",
    [
        signature(b"another") + b" " + signature(),
        signature() + b" " + signature(b"another"),
        b"v1a,abc " + signature() + b" v2,abc v1 nonsense",
        b" \t" + signature() + b"\t ",
        signature() + b"  " + signature(),
    ],
)
def test_one_valid_signature_among_several_is_enough(value: bytes) -> None:
    assert is_accepted(headers(value))


@pytest.mark.parametrize(
    ("late", "accepted"), [(-301, False), (-300, True), (300, True), (301, False)]
)
def test_a_timestamp_is_valid_for_five_minutes_either_way(late: int, *, accepted: bool) -> None:
    assert is_accepted(now=NOW + seconds(late)) is accepted


@pytest.mark.parametrize(
    "at", [b"", b"0", b"-1", b"+1768487400", b"1e9", b"9" * 400, b"\xb2", b"soon"]
)
def test_a_malformed_or_ancient_timestamp_is_refused_even_if_signed(at: bytes) -> None:
    assert not is_accepted(headers(signature(at=at), at=at))


@pytest.mark.parametrize("webhook_id", [b"", b"\xff", "msg_ü".encode()])
def test_an_empty_or_malformed_id_is_refused_even_if_signed(webhook_id: bytes) -> None:
    assert not is_accepted(headers(signature(webhook_id=webhook_id), webhook_id=webhook_id))


@pytest.mark.parametrize("missing", range(3))
def test_all_three_headers_are_required(missing: int) -> None:
    given = [header for place, header in enumerate(GOOD) if place != missing]
    assert not is_accepted(given)


@pytest.mark.parametrize("doubled", range(3))
def test_no_header_may_be_repeated(doubled: int) -> None:
    assert not is_accepted([*GOOD, GOOD[doubled]])


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b" ", b"v1", b"v1,", b"v1,=", b"\xff\xfe", "v1,ümläut".encode()),
        *(signature()[3:], b"V1," + signature()[3:], b"v1a," + signature()[3:]),
        *(
            signature()[:-1],
            signature() + b"=",
            signature() + b"\n",
            signature() + b"," + signature(),
        ),
        *(b"v1," + base64.b64decode(signature()[3:]), b"v1," + signature()[3:].hex().encode()),
    ],
)
def test_a_malformed_signature_is_refused(value: bytes) -> None:
    assert not is_accepted(headers(value))


def test_a_header_of_thousands_of_signatures_is_refused() -> None:
    wrong = b"v1," + b"A" * 43 + b"="
    assert is_accepted(headers(b" ".join([wrong] * 31 + [signature()])))
    assert not is_accepted(headers(b" ".join([wrong] * 5_000 + [signature()])))
    assert not is_accepted(headers(signature() + b" " * 30_000 + b"x"))


def test_one_flipped_bit_in_any_byte_of_anything_is_refused() -> None:
    assert is_accepted()
    for place, (name, value) in enumerate(GOOD):
        for changed in flips(value):
            assert not is_accepted([*GOOD[:place], (name, changed), *GOOD[place + 1 :]])
    for changed in flips(BODY):
        assert not is_accepted(body=changed)


@pytest.mark.parametrize("value", [b"", signature(b"another")])
def test_with_its_header_present_no_other_scheme_is_tried(value: bytes) -> None:
    hexadecimal = (HEADER, sign(BODY, SECRET).encode())
    assert verify(BODY, [hexadecimal], [SECRET], NOW) is None
    assert not is_accepted([*headers(value), hexadecimal])
    assert is_accepted([*GOOD, (HEADER, b"wrong")])
