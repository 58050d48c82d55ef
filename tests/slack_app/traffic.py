"""Requests as Slack sends and signs them."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import urlencode

SECRET = "slack-signing-secret"
FORM = "application/x-www-form-urlencoded"


def slash_command(text: str = "", **changes: str) -> bytes:
    """Return the body of a slash command, with every field that Slack sends."""
    fields = {
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "team_id": "T0JUICEBOX",
        "team_domain": "juicebox",
        "channel_id": "C0RECRUIT",
        "channel_name": "recruiting",
        "user_id": "U0RECRUITER",
        "user_name": "recruiter",
        "command": "/juicebox",
        "text": text,
        "api_app_id": "A0JUICEBOX",
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/T0JUICEBOX/1/abc",
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    }
    return urlencode({**fields, **changes}).encode()


def signed(body: bytes, *, timestamp: str | None = None, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a request with this body."""
    timestamp = timestamp or str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return {
        "Content-Type": FORM,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
    }


def without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}
