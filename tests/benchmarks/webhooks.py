"""Prebuilt requests as Juicebox and Slack send them: complete bytes, signed, all of the same size."""

import hmac
import json
import re
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

SECRET = "whsec_benchmark"
SIGNING_SECRET = "benchmark-signing-secret"
TEAM = "T0BENCH"
BODY_BYTES = 220
MARK = re.compile(rb"benchmark-(\d{7})")
"""What a message says about an event: its number."""


def webhooks(first: int, count: int) -> list[bytes]:
    """Return signed webhooks for the events with the numbers from `first` on."""
    timestamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [_webhook(number, timestamp) for number in range(first, first + count)]


def slash_command(text: str, response_url: str) -> bytes:
    """Return `/juicebox <text>` as Slack sends it now.

    https://docs.slack.dev/interactivity/implementing-slash-commands/
    """
    fields = {
        "command": "/juicebox",
        "text": text,
        "response_url": response_url,
        "team_id": TEAM,
        "channel_id": "C0BENCH",
        "user_id": "U0BENCH",
        "trigger_id": "1.2.3",
    }
    return _from_slack(urlencode(fields).encode(), "application/x-www-form-urlencoded")


def home_opened() -> bytes:
    """Return the event that somebody opens the Home tab, as Slack sends it now.

    https://docs.slack.dev/reference/events/app_home_opened
    """
    event = {"type": "app_home_opened", "user": "U0BENCH", "channel": "D0BENCH", "tab": "home"}
    payload = {
        "type": "event_callback",
        "team_id": TEAM,
        "event": event,
        "event_id": "Ev0BENCH",
        "authorizations": [{"team_id": TEAM, "user_id": "U0JUICEBOX", "is_bot": True}],
    }
    return _from_slack(json.dumps(payload).encode(), "application/json")


def _from_slack(body: bytes, content_type: str) -> bytes:
    timestamp = str(int(time.time()))
    signature = _hex(SIGNING_SECRET, f"v0:{timestamp}:".encode() + body)
    headers = {
        "content-type": content_type,
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": f"v0={signature}",
    }
    return _post("/slack/events", headers, body)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


def _webhook(number: int, timestamp: str) -> bytes:
    body = _body(number, timestamp)
    headers = {
        "content-type": "application/json",
        "x-juicebox-signature": f"sha256={_hex(SECRET, body)}",
    }
    return _post("/webhooks/juicebox", headers, body)


def _body(number: int, timestamp: str) -> bytes:
    query = f"benchmark-{number:07} Senior backend engineers in Berlin"
    data = {"searchId": f"srch_{number:07}", "resultCount": 1204, "query": query}
    event = {"id": f"evt_{number:07}", "type": "search.completed", "timestamp": timestamp}
    body = json.dumps({**event, "data": data}, separators=(",", ":"))
    padding = "." * (BODY_BYTES - len(body))
    return body.replace(query, query + padding).encode()


def _post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _hex(secret: str, content: bytes) -> str:
    return hmac.digest(secret.encode(), content, "sha256").hex()
