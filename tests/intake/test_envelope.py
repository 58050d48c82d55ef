"""The envelope: what it must hold, and what hostile JSON gets."""

import json
from datetime import UTC, datetime

import pytest

from bot.errors import InvalidEnvelope
from bot.intake.envelope import parse_envelope

GOOD = {
    "id": "evt_1",
    "type": "search.completed",
    "timestamp": "2026-01-15T14:30:00Z",
    "data": {"searchId": "srch_1"},
}


def body(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(field: str) -> bytes:
    return json.dumps({k: v for k, v in GOOD.items() if k != field}).encode()


def test_a_good_envelope_becomes_an_event() -> None:
    event = parse_envelope(body(extra="ignored"))
    assert (event.id, event.type) == ("evt_1", "search.completed")
    assert event.timestamp == datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
    assert event.data == {"searchId": "srch_1"}


@pytest.mark.parametrize("value", [True, False, None, "true", 1, [True]])
def test_nothing_but_true_marks_a_test(value: object) -> None:
    assert parse_envelope(body(test=value)).test is (value is True)
    assert parse_envelope(body()).test is False


@pytest.mark.parametrize(
    ("timestamp", "hour"),
    [
        ("2026-01-15T14:30:00", 14),
        ("2026-01-15T16:30:00+02:00", 14),
        ("2026-01-15T14:30:00.123456Z", 14),
    ],
)
def test_a_timestamp_is_read_in_utc(timestamp: str, hour: int) -> None:
    moment = parse_envelope(body(timestamp=timestamp)).timestamp
    assert (moment.hour, moment.tzinfo) == (hour, UTC)


@pytest.mark.parametrize("field", ["id", "type", "timestamp", "data"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(InvalidEnvelope, match=field):
        parse_envelope(without(field))


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"id": ""}, "id must be a string, and not empty"),
        ({"id": "  "}, "id must be a string, and not empty"),
        ({"id": 7}, "id must be a string, and not empty"),
        ({"id": "x" * 201}, "id must have at most 200 characters"),
        ({"type": None}, "type must be a string, and not empty"),
        ({"type": "x" * 201}, "type must have at most 200 characters"),
        ({"timestamp": "yesterday"}, "timestamp must be an ISO 8601 date and time"),
        ({"timestamp": 1700000000}, "timestamp must be an ISO 8601 date and time"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp must be an ISO 8601"),
        ({"timestamp": "9999-12-31T23:59:59-14:00"}, "timestamp must be an ISO 8601"),
        ({"timestamp": "9999-06-01T00:00:00Z"}, "timestamp must be an ISO 8601"),
        ({"data": []}, "data must be a JSON object"),
        ({"data": None}, "data must be a JSON object"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], names: str) -> None:
    with pytest.raises(InvalidEnvelope, match=names):
        parse_envelope(body(**changes))


def test_an_id_of_200_characters_is_taken() -> None:
    assert len(parse_envelope(body(id="é" * 200)).id) == 200


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a top-level array"),
        pytest.param(b'"text"', id="a top-level string"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 deep"),
        pytest.param(b'{"data":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 objects deep"),
        pytest.param(b'{"id": ' + b"1" * 5_000 + b"}", id="an integer of 5,000 digits"),
        pytest.param(b'{"id": NaN}', id="NaN"),
        pytest.param(b'{"id": Infinity}', id="Infinity"),
        pytest.param(b'{"id": "\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"id": "\\ud800\\u0041"}', id="a broken pair"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param(b'{"id": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"id": "\x01"}', id="a control character"),
        pytest.param(b'{"id": "x"} trailing', id="trailing text"),
        pytest.param('{"id": "x"}'.encode("utf-16"), id="UTF-16"),
    ],
)
def test_hostile_json_is_refused_and_never_a_traceback(raw: bytes) -> None:
    with pytest.raises(InvalidEnvelope):
        parse_envelope(raw)
