"""Fuzz targets: each checks properties of a parser of what Redis holds, in this release's form or an older one."""

from collections.abc import Callable, Mapping, Sequence

from bot.errors import CorruptRecord
from bot.model import Event, EventState, Step
from bot.store.codec import encode_delivery, encode_step
from bot.store.migration import _encode, _event
from bot.store.stored_event import StoredEvent, awaited_jobs, decode_event, encode_event
from tests.factories import NOW

_ROW = (
    *(b"notification", b"destination", b"state", b"created_at", b"updated_at", b"attempts"),
    *(b"next_at", b"reason", b"receipt", b"unsure"),
)
"""The fields of a delivery in release 0.4.0."""
_BODY = {b"body": b'{"data": {}}'}
_EVENT = StoredEvent(Event("evt_1", "search.completed", NOW, {}), b"", EventState.HANDLED, NOW)
_FIELDS = {**_BODY, b"event": encode_event(_EVENT).encode()}
_OLD_EVENT = {
    **_BODY,
    b"type": b"search.completed",
    b"state": b"handled",
    b"timestamp": b"1768487400000",
    b"received_at": b"1768487400000",
}


def row(data: bytes) -> None:
    """Check that a delivery of release 0.4.0, even an incomplete one, is the same in today's form."""
    fields = dict(zip(_ROW, data.split(b"\xff"), strict=False))
    stored = _event("evt_1", _OLD_EVENT, {"dlv_1": fields})
    written = _encode(stored, [])
    back = decode_event("evt_1", {**_BODY, **{n.encode(): v.encode() for n, v in written.items()}})
    assert _encode(back, []) == written
    assert len(back.deliveries) + len(back.unreadable) == 1


def old_step(data: bytes) -> None:
    """Check that a step of release 0.4.0 is left out, or is a step in today's form."""
    written = _encode(_event("evt_1", _OLD_EVENT, {}), [data])
    _trail_of(written["trail"].encode())


def delivery(data: bytes) -> None:
    """Check that a stored delivery is decoded or counted as unreadable, and can be encoded again."""
    stored = decode_event("evt_1", {**_FIELDS, b"dlv_1": data})
    if stored.unreadable:
        assert (stored.unreadable, stored.deliveries) == (("dlv_1",), ())
        return
    [found] = stored.deliveries
    again = encode_delivery(found, stored.numbers["dlv_1"], NOW).encode()
    assert decode_event("evt_1", {**_FIELDS, b"dlv_1": again}).deliveries == (found,)
    awaited_jobs(stored)


def step(data: bytes) -> None:
    """Check that a timeline is decoded or reported as corrupt, and can be encoded again."""
    try:
        steps = _trail_of(data)
    except CorruptRecord:
        return
    again = _trail_of("".join(encode_step(found, None, NOW) for found in steps).encode())
    assert [(s.what, s.detail) for s in again] == [(s.what, s.detail) for s in steps]


def _trail_of(trail: bytes) -> Sequence[Step]:
    return decode_event("evt_1", {**_FIELDS, b"trail": trail}).trail


STORED_TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "row": row,
    "old_step": old_step,
    "delivery": delivery,
    "step": step,
}
