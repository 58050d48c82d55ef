"""The envelope: required fields, and hostile JSON."""

import json
from datetime import UTC, datetime

import pytest

from bot.errors import InvalidEnvelope
from bot.intake.envelope import parse_envelope
from bot.model import Event
from tests.factories import NOW

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


def read(raw: bytes, webhook_id: str | None = None) -> Event:
    return parse_envelope(raw, NOW, webhook_id)


def test_a_good_envelope_becomes_an_event() -> None:
    event = read(body(extra="ignored"))
    assert (event.id, event.type) == ("evt_1", "search.completed")
    assert event.timestamp == datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
    assert event.data == {"searchId": "srch_1"}


@pytest.mark.parametrize("value", [True, False, None, "true", 1, [True]])
def test_only_true_marks_a_test_event(value: object) -> None:
    assert read(body(test=value)).test is (value is True)
    assert read(body()).test is False


@pytest.mark.parametrize("field", ["id", "type", "data"])
def test_a_missing_field_is_reported(field: str) -> None:
    with pytest.raises(InvalidEnvelope, match=field):
        read(without(field))


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"id": ""}, "id must be a string or a whole number, and not empty"),
        ({"id": "  "}, "id must be a string or a whole number, and not empty"),
        ({"id": None}, "id must be a string or a whole number, and not empty"),
        ({"id": 7.5}, "id must be a string or a whole number, and not empty"),
        ({"id": True}, "id must be a string or a whole number, and not empty"),
        ({"id": ["evt_1"]}, "id must be a string or a whole number, and not empty"),
        ({"id": "x" * 201}, "id must have at most 200 characters"),
        ({"id": 10**200}, "id must have at most 200 characters"),
        ({"type": None}, "type must be a string, and not empty"),
        ({"type": "x" * 201}, "type must have at most 200 characters"),
        ({"timestamp": "yesterday"}, "timestamp must be an ISO 8601 date and time"),
        ({"timestamp": "9999-06-01T00:00:00Z"}, "timestamp must be an ISO 8601"),
        ({"data": []}, "data must be a JSON object"),
        ({"data": None}, "data must be a JSON object"),
    ],
)
def test_an_invalid_field_is_reported(changes: dict[str, object], names: str) -> None:
    with pytest.raises(InvalidEnvelope, match=names):
        read(body(**changes))


@pytest.mark.parametrize(
    ("given", "said"), [(7, "7"), (7.0, "7"), (0, "0"), (2**70, str(2**70)), (" x ", " x ")]
)
def test_an_id_may_be_a_number(given: object, said: str) -> None:
    assert read(body(id=given)).id == said


def test_the_id_of_a_signed_header_is_used_if_the_body_has_none() -> None:
    assert read(without("id"), "msg_1").id == "msg_1"
    assert read(body(id=None), "msg_1").id == "msg_1"
    assert read(body(id="evt_1"), "msg_1").id == "evt_1"


@pytest.mark.parametrize(
    ("webhook_id", "said"),
    [
        (" ", "webhook-id must be a string, and not empty"),
        ("x" * 201, "webhook-id must have at most 200 characters"),
    ],
)
def test_an_invalid_id_in_the_header_is_reported_by_its_name(webhook_id: str, said: str) -> None:
    with pytest.raises(InvalidEnvelope, match=f"^{said}$"):
        read(without("id"), webhook_id)


def test_an_invalid_id_in_the_body_is_not_replaced_by_the_header() -> None:
    with pytest.raises(InvalidEnvelope, match=r"^id must be"):
        read(body(id=""), "msg_1")


@pytest.mark.parametrize("raw", [without("timestamp"), body(timestamp=None)])
def test_an_event_without_a_timestamp_gets_the_time_of_receipt(
    raw: bytes,
) -> None:
    assert read(raw).timestamp == NOW


def test_the_received_type_is_kept_if_it_has_another_name() -> None:
    event = read(body(type="analysis.completed", data={"analysis_id": 7, "other": 1}))
    assert (event.type, event.received_type) == ("search.completed", "analysis.completed")
    assert event.data == {"searchId": 7, "other": 1}
    assert read(body()).received_type == ""


def test_an_id_of_200_characters_is_accepted() -> None:
    assert len(read(body(id="é" * 200)).id) == 200


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
def test_hostile_json_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidEnvelope):
        read(raw)
