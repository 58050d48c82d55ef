"""The links with which an address unsubscribes. No I/O."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

PATH = "/unsubscribe"
ONE_CLICK = "List-Unsubscribe", "One-Click"
"""The field and its value in the body of a POST: https://www.rfc-editor.org/rfc/rfc8058#section-3.2."""

_SALT = b"juicebox-bot unsubscribe"
"""Makes keys that nothing else is signed with: https://www.rfc-editor.org/rfc/rfc5869#section-2.2."""
_SIGNATURE_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{44,382}", re.ASCII)
"""The signature and an address of 1 to 254 characters, in Base64."""
_PADDING = 4


class Tokens:
    """Signs addresses, with a key derived from the first of the secrets; accepts those of all secrets.

    A token is URL-safe Base64 of the HMAC-SHA256 of the address, followed by the address.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._keys = [hmac.digest(_SALT, secret, "sha256") for secret in secrets]

    def sign(self, address: str) -> str:
        raw = _signature(self._keys[0], address.encode()) + address.encode()
        return urlsafe_b64encode(raw).decode().rstrip("=")

    def read(self, token: str) -> str | None:
        """Return the address, or None if the token is not one that `sign` has returned."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % _PADDING))
        except ValueError:
            return None
        signature, address = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not any(hmac.compare_digest(signature, _signature(key, address)) for key in self._keys):
            return None
        found = address.decode(errors="replace")
        return found if urlsafe_b64encode(raw).decode().rstrip("=") == token else None


@dataclass(frozen=True, slots=True)
class UnsubscribeLinks:
    """Makes each address's link; `public_url` is where the bot is reached, without a slash at its end."""

    public_url: str
    tokens: Tokens

    def of(self, address: str) -> str:
        return f"{self.public_url}{PATH}/{self.tokens.sign(address)}"


def _signature(key: bytes, address: bytes) -> bytes:
    return hmac.digest(key, address, "sha256")
