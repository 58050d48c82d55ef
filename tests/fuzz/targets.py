"""What is fuzzed: for each reader of strangers' bytes, a function that finds a broken property in them."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from bot.delivery.escaping import clean, json_string, mrkdwn
from bot.delivery.render import Renderer
from bot.errors import CorruptRecord, InvalidEnvelope, InvalidSignature
from bot.intake.envelope import parse_envelope
from bot.intake.signature import sign, verify
from bot.mrkdwn import unescape
from bot.slack.door import _SIGNATURE, _TIMESTAMP
from bot.store.events import _decode
from bot.store.rows import decode_row, encode_rows
from bot.store.trail import decode_step, encode_step

_SECRETS = (b"whsec_current", b"whsec_previous")
_RENDERER = Renderer()
_SAID = _RENDERER._slack.from_string('{"text": "{{ text }}"}')
_STYLED = _RENDERER._slack.from_string('["{{ text | unstyled }}"]')
_PAGE = _RENDERER._html.from_string('<p title="{{ text }}">{{ text }}</p>')
_PLAIN = _RENDERER._text.from_string("{{ text }}")
_HIDDEN = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
)
_ROW = (
    *(b"notification", b"destination", b"state", b"created_at", b"updated_at", b"attempts"),
    *(b"next_at", b"reason", b"receipt", b"unsure"),
)


def signature(data: bytes) -> None:
    """The first line is what the header says, the rest is the body: `verify` takes what `sign` made."""
    given, _, body = data.partition(b"\n")
    genuine = [sign(body, secret).encode() for secret in _SECRETS]
    for headers in ([given], [given, given], [], *([value, given] for value in genuine)):
        assert _is_taken(body, headers) is (len(headers) == 1 and headers[0] in genuine)
    for value in genuine:
        assert _is_taken(body, [value])
        assert not _is_taken(body + b"\0", [value])


def _is_taken(body: bytes, headers: Sequence[bytes]) -> bool:
    try:
        verify(body, headers, _SECRETS)
    except InvalidSignature:
        return False
    return True


def envelope(data: bytes) -> None:
    """A body is refused, or is an event that comes back from the store as it went in."""
    try:
        event = parse_envelope(data)
    except InvalidEnvelope:
        return
    assert 0 < len(event.id.strip()) <= len(event.id) <= 200
    assert 0 < len(event.type.strip()) <= len(event.type) <= 200
    f"{event.id}{event.type}".encode()
    assert event.timestamp.tzinfo is not None
    kept = {
        b"type": event.type.encode(),
        b"timestamp": str(round(event.timestamp.timestamp() * 1000)).encode(),
        b"body": data,
        b"received_at": b"1768487400000",
        b"state": b"accepted",
    }
    back = _decode(event.id, kept).event
    assert (back.id, back.type, back.data) == (event.id, event.type, event.data)
    assert abs((back.timestamp - event.timestamp).total_seconds()) < 0.001


def escaper(data: bytes) -> None:
    """Whatever a stranger writes is one line of text, and in Slack shows as it was cleaned."""
    text = _text(data)
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} or c in _HIDDEN for c in cleaned)
    escaped = mrkdwn(cleaned)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", escaped)
    assert unescape(escaped) == cleaned
    assert json.loads(f'"{json_string(escaped)}"') == escaped


def _text(data: bytes) -> str:
    """With halves of surrogate pairs where the bytes are no UTF-8: JSON can say them, too."""
    return data.decode("utf-8", "surrogateescape")


def template(data: bytes) -> None:
    """The same through the environments that the templates are rendered in."""
    text = _text(data)
    said = _SAID.render(text=text)
    message = json.loads(said)
    assert [*message] == ["text"]
    assert message["text"] == mrkdwn(clean(text))
    styled = _STYLED.render(text=text)
    [shown] = json.loads(styled)
    assert not re.search(r"[<>`]|&(?!amp;|lt;|gt;)", shown)
    html = _PAGE.render(text=text)
    assert [html.count(mark) for mark in '<>"'] == [2, 2, 2]
    plain = _PLAIN.render(text=text)
    assert plain == clean(text)
    assert len(plain.splitlines()) <= 1


def slack_door(data: bytes) -> None:
    """What passes for a signature of Slack's, or for its time, is that to the last character."""
    text = data.decode("latin-1")
    if _SIGNATURE.fullmatch(text):
        assert len(text) == 67
        assert text.isascii()
        bytes.fromhex(text[3:])
    if _TIMESTAMP.fullmatch(text):
        assert 0 <= int(text) < 10**12


def row(data: bytes) -> None:
    """Of a delivery in Redis whatever is left of it is read, or said to be unreadable."""
    fields = dict(zip(_ROW, data.split(b"\xff"), strict=False))
    try:
        delivery = decode_row("dlv_1", fields)
    except CorruptRecord:
        return
    _, written = encode_rows([delivery], "owner")
    flat = json.loads(written)
    again = dict(zip(flat[::2], flat[1::2], strict=True))
    kept = {**fields, **{name.encode(): value.encode() for name, value in again.items()}}
    kept[b"attempts"] = str(delivery.attempts).encode()
    assert decode_row("dlv_1", kept).notification == delivery.notification


def step(data: bytes) -> None:
    """A step of a trail is read, or said to be unreadable; what is read can be written and read again."""
    try:
        read = decode_step(data)
    except CorruptRecord:
        return
    again = decode_step(encode_step(read).encode())
    assert (again.what, again.detail) == (read.what, read.detail)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "signature": signature,
    "envelope": envelope,
    "escaper": escaper,
    "template": template,
    "slack_door": slack_door,
    "row": row,
    "step": step,
}
