"""Signs as the specification of Standard Webhooks describes, for tests that send such requests."""

import base64
import hmac
from datetime import datetime


def sign_standard(body: bytes, secret: bytes, webhook_id: str, now: datetime) -> dict[str, str]:
    """Return the three headers for this body; a secret with `whsec_` holds the key in base64."""
    key, timestamp = secret, str(int(now.timestamp()))
    if secret.startswith(b"whsec_"):
        encoded = secret.removeprefix(b"whsec_")
        key = base64.b64decode(encoded + b"=" * (-len(encoded) % 4))
    content = b".".join((webhook_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
