"""Verifies that a request comes from Juicebox: the signature schemes, without I/O or parsing.

- `x-juicebox-signature`: the HMAC-SHA256 of the raw body in hex, with or without `sha256=` before
  it. The secret is used as it is, including a leading `whsec_`.
- Standard Webhooks: `webhook-signature` holds one or more `v1,<base64>`, separated by spaces, of
  `<webhook-id>.<webhook-timestamp>.<body>`.
  https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.errors import InvalidSignature

HEADER = b"x-juicebox-signature"
_ID, _TIMESTAMP, _SIGNATURES = b"webhook-id", b"webhook-timestamp", b"webhook-signature"

_HEX_PREFIX = b"sha256="
_BASE64_PREFIX = b"v1,"
_SECRET_PREFIX = b"whsec_"
_WHITESPACE = b" \t"
"""Allowed around a header's value: https://www.rfc-editor.org/rfc/rfc9110#section-5.5"""

_SECONDS = re.compile(rb"[0-9]{1,12}")
_TOLERANCE = timedelta(minutes=5)
"""Between `webhook-timestamp` and now, in either direction, as in the reference libraries of Standard
Webhooks."""
_MAX_SIGNATURES = 32
"""In one header: more than any rotation of secrets needs."""

Headers = Sequence[tuple[bytes, bytes]]


def sign(body: bytes, secret: bytes) -> str:
    """Return the value of `x-juicebox-signature` for this body."""
    return (_HEX_PREFIX + _hex(body, secret)).decode()


def verify(body: bytes, headers: Headers, secrets: Sequence[bytes], now: datetime) -> str | None:
    """Compare the request's only signature with every secret, in constant time.

    Returns the `webhook-id` that the signature covers; None in the scheme without one.

    `headers` are all headers of the request, with lower-case names. If `webhook-signature` is among
    them, only Standard Webhooks is tried.

    Raises:
        InvalidSignature: if it is missing, repeated, malformed, wrong, or (Standard Webhooks) more
            than five minutes from now. The error does not say which.
    """
    if any(name == _SIGNATURES for name, _ in headers):
        return _verify_standard(body, headers, secrets, now)
    given = _only(headers, HEADER).lower().removeprefix(_HEX_PREFIX)
    expected = [_hex(body, secret) for secret in secrets]
    if not any([hmac.compare_digest(given, one) for one in expected]):  # noqa: C419  # compares all
        raise InvalidSignature
    return None


def _verify_standard(body: bytes, headers: Headers, secrets: Sequence[bytes], now: datetime) -> str:
    event_id, timestamp = _only(headers, _ID), _only(headers, _TIMESTAMP)
    candidates = _candidates(_only(headers, _SIGNATURES))
    if not (event_id and event_id.isascii() and _is_recent(timestamp, now)):
        raise InvalidSignature
    content = b".".join((event_id, timestamp, body))
    expected = [_base64(content, key) for secret in secrets for key in _keys(secret)]
    matches = [hmac.compare_digest(given, one) for given in candidates for one in expected]
    if not any(matches):
        raise InvalidSignature
    return event_id.decode()


def _only(headers: Headers, name: bytes) -> bytes:
    """Return the value of a header that must occur exactly once."""
    values = [value for each, value in headers if each == name]
    if len(values) != 1:
        raise InvalidSignature
    return values[0].strip(_WHITESPACE)


def _candidates(value: bytes) -> list[bytes]:
    """Return the base64 of each `v1` signature; skip other versions, such as the asymmetric `v1a`."""
    parts = value.split(b" ", _MAX_SIGNATURES)
    if len(parts) > _MAX_SIGNATURES:
        raise InvalidSignature
    return [p.removeprefix(_BASE64_PREFIX) for p in parts if p.startswith(_BASE64_PREFIX)]


def _is_recent(timestamp: bytes, now: datetime) -> bool:
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= _TOLERANCE.total_seconds()


def _keys(secret: bytes) -> list[bytes]:
    """Return the non-empty keys that a secret may mean under Standard Webhooks.

    `whsec_<base64>` means the decoded base64, or the secret itself if that is not valid base64. A
    secret without the prefix is tried both as it is and decoded.
    """
    decoded = _decoded(secret.removeprefix(_SECRET_PREFIX))
    if secret.startswith(_SECRET_PREFIX):
        return [decoded or secret]
    return [secret, decoded] if decoded else [secret]


def _decoded(text: bytes) -> bytes:
    """Decode base64 with optional padding; return no bytes if it is invalid."""
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""


def _hex(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, content, "sha256").hex().encode()


def _base64(content: bytes, key: bytes) -> bytes:
    """Return text, which is what is compared: base64 has several spellings of the same bytes."""
    return base64.b64encode(hmac.digest(key, content, "sha256"))
