"""Whether a request comes from Juicebox: no I/O, no clock, no parsing.

`x-juicebox-signature` is `sha256=` and the HMAC-SHA256 of the raw body in lower-case hex.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from bot.errors import InvalidSignature

HEADER = b"x-juicebox-signature"
_SCHEME = b"sha256="


def sign(body: bytes, secret: bytes) -> str:
    """The header's value for this body, as Juicebox makes it."""
    return (_SCHEME + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()).decode()


def verify(body: bytes, signatures: Sequence[bytes], secrets: Iterable[bytes]) -> None:
    """Compare the one header there must be against every secret, as bytes and in constant time.

    Raises:
        InvalidSignature: if it is missing, doubled, malformed or wrong; which of them is not said.
    """
    given = signatures[0] if len(signatures) == 1 else b""
    matches = [hmac.compare_digest(given, sign(body, secret).encode()) for secret in secrets]
    if not any(matches):
        raise InvalidSignature
