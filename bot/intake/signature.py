"""Whether a request comes from Juicebox: the signature schemes, without I/O or parsing.

- `x-juicebox-signature`: the HMAC-SHA256 of the raw body in hex, with or without `sha256=` before
  it. The secret is used as it is, a `whsec_` at its beginning included.
- Standard Webhooks: `webhook-signature` holds one or more `v1,<base64>`, separated by spaces, of
  `<webhook-id>.<webhook-timestamp>.<body>`.
  https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import InvalidSignature

HEADER = b"x-juicebox-signature"
_ID, _TIMESTAMP, _SIGNATURES = b"webhook-id", b"webhook-timestamp", b"webhook-signature"
_NAMES = frozenset({HEADER, _ID, _TIMESTAMP, _SIGNATURES})

_HEX_PREFIX = b"sha256="
_BASE64_PREFIX = b"v1,"
_SECRET_PREFIX = b"whsec_"
_BLANKS = b" \t"
"""What HTTP allows around a header's value: https://www.rfc-editor.org/rfc/rfc9110#section-5.5"""

_SECONDS = re.compile(rb"[0-9]{1,12}")
_TOLERANCE = timedelta(minutes=5)
"""How far `webhook-timestamp` may be from now, in either direction: what the reference libraries
of Standard Webhooks allow."""
_MOST_SIGNATURES = 32
"""More candidates than any rotation of secrets needs, in one header."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature vouches for besides the body: `webhook-id`, where the scheme covers it."""

    webhook_id: str | None = None


def sign(body: bytes, secret: bytes) -> str:
    """The value of `x-juicebox-signature` for this body."""
    return (_HEX_PREFIX + _hex(body, secret)).decode()


def sign_standard(body: bytes, secret: bytes, webhook_id: str, now: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks for this body, made with the secret's first key."""
    event_id, timestamp = webhook_id.encode(), b"%d" % now.timestamp()
    signature = _base64(_signed(event_id, timestamp, body), _keys(secret)[0])
    values = (event_id, timestamp, _BASE64_PREFIX + signature)
    pairs = zip((_ID, _TIMESTAMP, _SIGNATURES), values, strict=True)
    return {name.decode(): value.decode() for name, value in pairs}


def verify(
    body: bytes, headers: Iterable[tuple[bytes, bytes]], secrets: Sequence[bytes], now: datetime
) -> Verified:
    """Check the request's one signature against every secret, in constant time.

    `headers` are all of the request's, with lower-case names. Where `webhook-signature` is among
    them, Standard Webhooks alone decides.

    Raises:
        InvalidSignature: if it is missing, doubled, malformed, wrong, or (Standard Webhooks) not of
            the last or next five minutes. The error does not say which.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name in _NAMES:
            found.setdefault(name, []).append(value.strip(_BLANKS))
    if _SIGNATURES in found:
        return _verify_standard(body, found, secrets, now)
    given = _only(found, HEADER).lower().removeprefix(_HEX_PREFIX)
    expected = [_hex(body, secret) for secret in secrets]
    if not any([hmac.compare_digest(given, one) for one in expected]):  # noqa: C419  # compares all
        raise InvalidSignature
    return Verified()


def _verify_standard(
    body: bytes, found: Mapping[bytes, Sequence[bytes]], secrets: Sequence[bytes], now: datetime
) -> Verified:
    event_id, timestamp = _only(found, _ID), _only(found, _TIMESTAMP)
    candidates = _candidates(_only(found, _SIGNATURES))
    if not (event_id and event_id.isascii() and _is_recent(timestamp, now)):
        raise InvalidSignature
    content = _signed(event_id, timestamp, body)
    expected = [_base64(content, key) for secret in secrets for key in _keys(secret)]
    matches = [hmac.compare_digest(given, one) for given in candidates for one in expected]
    if not any(matches):
        raise InvalidSignature
    return Verified(event_id.decode())


def _only(found: Mapping[bytes, Sequence[bytes]], name: bytes) -> bytes:
    """The value of a header that must be there once."""
    values = found.get(name, ())
    if len(values) != 1:
        raise InvalidSignature
    return values[0]


def _candidates(value: bytes) -> list[bytes]:
    """The base64 of each `v1` signature; other versions, such as the asymmetric `v1a`, are skipped."""
    parts = value.split(b" ", _MOST_SIGNATURES)
    if len(parts) > _MOST_SIGNATURES:
        raise InvalidSignature
    return [p.removeprefix(_BASE64_PREFIX) for p in parts if p.startswith(_BASE64_PREFIX)]


def _is_recent(timestamp: bytes, now: datetime) -> bool:
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= _TOLERANCE.total_seconds()


def _keys(secret: bytes) -> list[bytes]:
    """The keys that a secret may stand for under Standard Webhooks, none of them empty.

    `whsec_<base64>` is that base64 decoded. Without the prefix, or where what follows it is not
    base64, the secret is the key; without the prefix, its decoding is tried too.
    """
    decoded = _decoded(secret.removeprefix(_SECRET_PREFIX))
    if secret.startswith(_SECRET_PREFIX):
        return [decoded or secret]
    return [secret, decoded] if decoded else [secret]


def _decoded(text: bytes) -> bytes:
    """The bytes that this base64 stands for, its padding optional; none if it is not base64."""
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""


def _signed(event_id: bytes, timestamp: bytes, body: bytes) -> bytes:
    return b".".join((event_id, timestamp, body))


def _hex(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, content, "sha256").hex().encode()


def _base64(content: bytes, key: bytes) -> bytes:
    """Compared as text: two texts that decode alike are two signatures."""
    return base64.b64encode(hmac.digest(key, content, "sha256"))
