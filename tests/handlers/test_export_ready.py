"""The intents of `export.ready`."""

from datetime import UTC, datetime

import pytest

from bot.model import Audience, Event, InvalidData, Notify, Record
from tests.event_fixtures import captured, intents_of, sent

URL = (
    "https://exports.example.com/exp_5t7h1q/candidates.csv?expires=1772323200&signature=Zm9v%2Bw=="
)


def test_the_export_is_recorded_and_recruiters_are_told() -> None:
    assert intents_of(captured("export.ready.full")) == [
        Record(
            "export",
            "exp_5t7h1q",
            {"downloadUrl": URL, "recordCount": 1204, "expiresAt": 1772323200},
        ),
        Notify(
            Audience.RECRUITERS,
            "export.ready",
            {
                "exportId": "exp_5t7h1q",
                "downloadUrl": URL,
                "recordCount": 1204,
                "expiresAt": 1772323200,
                "linked": True,
            },
            thread="export:exp_5t7h1q",
            count=1204,
            url=URL,
            url_expires_at=datetime(2026, 3, 1, tzinfo=UTC),
        ),
    ]


@pytest.mark.parametrize(("given", "shown"), [("csv", "csv"), (" xlsx ", "xlsx")])
def test_a_format_is_recorded_and_shown(given: str, shown: str) -> None:
    record, told = intents_of(export_of(format=given))
    assert isinstance(record, Record)
    assert isinstance(told, Notify)
    assert record.fields["format"] == told.context["format"] == shown


@pytest.mark.parametrize("given", ["", " ", None, 7, ["csv"]])
def test_an_invalid_format_is_left_out(given: object) -> None:
    record, _ = intents_of(export_of(format=given))
    assert isinstance(record, Record)
    assert "format" not in record.fields


def export_of(**more: object) -> Event:
    return sent("export.ready", {"exportId": "e", "downloadUrl": "https://e.example/", **more})


def test_an_export_needs_neither_a_count_nor_an_expiry() -> None:
    record, _ = intents_of(captured("export.ready"))
    assert isinstance(record, Record)
    assert record.fields == {
        "downloadUrl": "https://exports.example.com/exp_5t7h1q.csv",
        "recordCount": None,
        "expiresAt": None,
    }


@pytest.mark.parametrize("expires_at", ["soon", [], "9999-12-31T23:59:59-12:00"])
def test_an_invalid_expiry_is_left_out(expires_at: object) -> None:
    record, _ = intents_of(export_of(expiresAt=expires_at))
    assert isinstance(record, Record)
    assert record.fields["expiresAt"] is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://secret.example/x", "must be an https:// address"),
        ("javascript:alert('secret')", "must be an https:// address"),
        ("https://", "must be an https:// address"),
        ("https://secret.example/ x", "must not contain spaces or control characters"),
        ("https://secret.example/\u202ex", "must not contain spaces or control characters"),
        ("https://[secret/x", "is not valid"),
        ("https://secret\u2100.example/", "is not valid"),
        ("https://secret.example/" + "x" * 8_000, "must have at most 8000 characters"),
        (7, "must be a valid string"),
    ],
)
def test_a_link_that_is_not_https_is_refused_without_repeating_it(url: object, reason: str) -> None:
    with pytest.raises(InvalidData) as refused:
        intents_of(sent("export.ready", {"exportId": "e", "downloadUrl": url}))
    assert str(refused.value) == f"data.downloadUrl {reason}"
