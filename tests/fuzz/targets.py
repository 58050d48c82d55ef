"""Fuzz targets: each checks properties of a parser of untrusted input."""

import asyncio
import json
import re
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from pydantic_core import from_json
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from structlog.testing import capture_logs

from bot.errors import InvalidEnvelope, InvalidSignature
from bot.intake.envelope import parse_envelope
from bot.intake.signature import HEADER, sign, verify
from bot.model import EventState, InvalidData, Notify, Policy, canonical_event
from bot.model.dialects import TYPES
from bot.registry import load_registry
from bot.rendering.escaping import clean, json_string
from bot.slack_app.endpoint import SlackEndpoint
from bot.store.stored_event import StoredEvent, decode_event, encode_event
from bot.transports.slack.mrkdwn import escape, unescape
from tests.factories import NOW
from tests.fuzz.stored_targets import STORED_TARGETS
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER
from tests.standard_webhooks import sign_standard

_SECRETS = (b"whsec_current", b"whsec_previous")
_STANDARD = (b"webhook-id", b"webhook-timestamp", b"webhook-signature")
_SLACK_VERIFIER = SignatureVerifier("slack-signing-secret")
_SLACK_ENDPOINT = SlackEndpoint(
    AsyncApp(token="xoxb-1", signing_secret=_SLACK_VERIFIER.signing_secret),
    _SLACK_VERIFIER.signing_secret,
)
_REGISTRY = load_registry()
_REASON = re.compile(r"data(\.\w+)? (must |is )")
_MESSAGE = SLACK_RENDERER._environment.from_string('{"text": "{{ text }}"}')
_UNSTYLED = SLACK_RENDERER._environment.from_string('["{{ text | unstyled }}"]')
_PAGE = MAIL_RENDERER._html.from_string('<p title="{{ text }}">{{ text }}</p>')
_PLAIN = MAIL_RENDERER._text.from_string("{{ text }}")
_HIDDEN = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
)


def signature(data: bytes) -> None:
    """Check that `verify` accepts only what `sign` made; the first line is the header, the rest the body."""
    given, _, body = data.partition(b"\n")
    genuine = [sign(body, secret).encode() for secret in _SECRETS]
    bare = {value.removeprefix(b"sha256=") for value in genuine}
    for headers in ([given], [given, given], [], *([value, given] for value in genuine)):
        digits = headers[0].strip(b" \t").lower().removeprefix(b"sha256=") if headers else b""
        named = [(HEADER, value) for value in headers]
        assert _is_accepted(body, named) is (len(headers) == 1 and digits in bare)
    for value in genuine:
        for spelled in (value, value.upper(), value.removeprefix(b"sha256=") + b" \t"):
            assert _is_accepted(body, [(HEADER, spelled)])
            assert not _is_accepted(body + b"\0", [(HEADER, spelled)])


def standard_webhooks(data: bytes) -> None:
    """Check that `verify` accepts only what `sign_standard` made; three lines of headers, then the body."""
    *values, body = [*data.split(b"\n", 3), b"", b"", b""][:4]
    given = [*zip(_STANDARD, values, strict=True)]
    made = sign_standard(body, _SECRETS[0], "msg_1", NOW)
    genuine = [(name.encode(), value.encode()) for name, value in made.items()]
    assert _is_accepted(body, genuine)
    assert not _is_accepted(body + b"\0", genuine)
    event_id, timestamp, signatures = (value.strip(b" \t") for value in values)
    accepted = _is_accepted(body, given)
    if accepted:
        assert event_id
        assert abs(int(timestamp) - NOW.timestamp()) <= 300
        assert signatures.count(b"v1,") <= 32
    assert not _is_accepted(body, [*given, *given])
    for place, header in enumerate(given):
        mixed = [*genuine[:place], header, *genuine[place + 1 :]]
        same = header[1].strip(b" \t") == genuine[place][1]
        assert _is_accepted(body, mixed) is same or place == 2
        assert not _is_accepted(body, [*genuine, header])


def _is_accepted(body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    try:
        verify(body, headers, _SECRETS, NOW)
    except InvalidSignature:
        return False
    return True


def envelope(data: bytes) -> None:
    """Check that a body is refused, or becomes an event that the store returns unchanged."""
    try:
        event = parse_envelope(data, NOW)
    except InvalidEnvelope:
        return
    assert 0 < len(event.id.strip()) <= len(event.id) <= 200
    assert 0 < len(event.type.strip()) <= len(event.type) <= 200
    f"{event.id}{event.type}".encode()
    assert event.timestamp.tzinfo is not None
    written = StoredEvent(event, data, EventState.ACCEPTED, NOW)
    back = decode_event(event.id, {b"event": encode_event(written).encode(), b"body": data}).event
    assert replace(back, timestamp=event.timestamp) == event
    assert abs((back.timestamp - event.timestamp).total_seconds()) < 0.001


def handlers(data: bytes) -> None:
    """Check that data become intents of plain JSON, in any dialect, or are refused with a reason."""
    try:
        given = from_json(data, allow_inf_nan=False)
    except ValueError:
        return
    if not isinstance(given, dict):
        return
    for received_type in (*_REGISTRY.types, *TYPES):
        event = canonical_event("evt_1", received_type, NOW, given)
        handler = _REGISTRY.get(event.type)
        assert handler is not None
        try:
            intents = handler.run(event, Policy())
        except InvalidData as error:
            assert _REASON.match(str(error))  # noqa: PT017 - this is not a test
            continue
        for intent in intents:
            shown = intent.context if isinstance(intent, Notify) else intent.fields
            json.dumps(dict(shown), allow_nan=False).encode()


def escaper(data: bytes) -> None:
    """Check that any text becomes one line, which Slack shows as it is."""
    text = _text(data)
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} or c in _HIDDEN for c in cleaned)
    escaped = escape(cleaned)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", escaped)
    assert unescape(escaped) == cleaned
    assert json.loads(f'"{json_string(escaped)}"') == escaped


def _text(data: bytes) -> str:
    """Decode with lone surrogates in place of invalid UTF-8; JSON can contain them too."""
    return data.decode("utf-8", "surrogateescape")


def template(data: bytes) -> None:
    """Check the same in the Jinja environments of the templates."""
    text = _text(data)
    said = _MESSAGE.render(text=text)
    message = json.loads(said)
    assert [*message] == ["text"]
    assert message["text"] == escape(clean(text))
    styled = _UNSTYLED.render(text=text)
    [shown] = json.loads(styled)
    assert not re.search(r"[<>`]|&(?!amp;|lt;|gt;)", shown)
    html = _PAGE.render(text=text)
    assert [html.count(mark) for mark in '<>"'] == [2, 2, 2]
    plain = _PLAIN.render(text=text)
    assert plain == clean(text)
    assert len(plain.splitlines()) <= 1


def slack_headers(data: bytes) -> None:
    """Check that the endpoint refuses every signature and timestamp, unless Slack would send them now."""
    now = b"%d" % time.time()
    assert _slack_status(data, now) == HTTPStatus.UNAUTHORIZED
    signature = _SLACK_VERIFIER.generate_signature(timestamp=data.decode("latin-1"), body=b"")
    is_now = len(data) <= 12 and data.isdigit() and abs(int(data) - int(now)) <= 300
    assert signature is not None
    assert is_now or _slack_status(signature.encode(), data) == HTTPStatus.UNAUTHORIZED


def _slack_status(signature: bytes, timestamp: bytes) -> int:
    """Return the status of an empty request with these headers."""
    headers = [(b"x-slack-signature", signature), (b"x-slack-request-timestamp", timestamp)]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    with capture_logs():
        return asyncio.run(_SLACK_ENDPOINT.handle(request)).status_code


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "signature": signature,
    "standard_webhooks": standard_webhooks,
    "envelope": envelope,
    "handlers": handlers,
    "escaper": escaper,
    "template": template,
    "slack_headers": slack_headers,
    **STORED_TARGETS,
}
