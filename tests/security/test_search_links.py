"""Links to searches, made of SEARCH_URL_TEMPLATE and the fields of events."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from bot.model import Policy
from bot.settings import Settings
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.app import MakeSettings, SettingsFault
from tests.event_fixtures import notifications_of, sent
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER

HOST = "https://app.example.com"
TEMPLATE = f"{HOST}/searches/{{searchId}}?from={{source}}"
HOSTILE = (
    *("a/b", "../admin", "?x=1", "#x", "a@evil.example", "//evil.example", "\\evil", "%2e%2e"),
    *("x\r\ny", "{searchId}", "{{ 7*7 }}", "<b>", '"', "'", "מחפש", "👩‍💻", "a b"),
)


def search(policy: Policy, **data: Any) -> tuple[SlackMessage, Mail]:
    event = sent("search.completed", {"searchId": "srch_1", "resultCount": 7, **data})
    [notification] = notifications_of(event, policy)
    return SLACK_RENDERER.render(notification), MAIL_RENDERER.render(notification)


def link(template: str, **data: Any) -> str | None:
    """Return the address of the button in Slack, which is also that of the mail."""
    message, mail = search(Policy(search_url_template=template), **data)
    elements = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    urls = [e["url"] for e in elements if "url" in e]
    assert len(urls) == ("View results" in mail.html) == ("View results: https://" in mail.text)
    for url in urls:
        assert f"View results: {url}\n" in mail.text
    return urls[0] if urls else None


def test_the_fields_of_the_event_are_filled_in() -> None:
    assert link(TEMPLATE, source="a list") == f"{HOST}/searches/srch_1?from=a%20list"
    assert link(f"{HOST}/{{searchId}}/{{resultCount}}") == f"{HOST}/srch_1/7"
    assert link(f"{HOST}/{{searchId}}", searchId=42.0) == f"{HOST}/42"


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_field_cannot_leave_its_part_of_the_address(value: str) -> None:
    url = link(f"{HOST}/searches/{{searchId}}/results", searchId=value)
    assert url is not None
    assert url.isascii()
    parts = urlsplit(url)
    assert (parts.netloc, parts.query, parts.fragment) == ("app.example.com", "", "")
    _, searches, name, results = parts.path.split("/")
    assert (searches, results) == ("searches", "results")
    assert unquote(name) == value


def test_invalid_text_does_not_fail_the_message() -> None:
    assert link(f"{HOST}/{{source}}", source="a\ud800b") == f"{HOST}/a%3Fb"


@pytest.mark.parametrize("value", [".", "..", "", " ", None, True, ["x"], {"a": 1}, "x" * 2_000])
def test_without_a_usable_field_there_is_no_link(value: object) -> None:
    assert link(f"{HOST}/{{source}}", source=value) is None


def test_a_missing_field_means_no_link() -> None:
    assert link(TEMPLATE) is None


def test_without_the_setting_there_is_no_link() -> None:
    message, mail = search(Policy())
    assert "https://" not in json.dumps(message.blocks) + mail.text
    assert "href" not in mail.html


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("https://app.example.com/searches", "must have fields of the event in braces, such as"),
        (
            "https://app.example.com/{{searchId}}",
            "must have fields of the event in braces, such as",
        ),
        ("https://app.example.com/{search-id}", "must have fields of the event in braces, such as"),
        ("https://app.example.com/{searchId", "must have fields of the event in braces, such as"),
        ("https://app.example.com/{}", "must have fields of the event in braces, such as"),
        ("http://app.example.com/{searchId}", "must be https://, a host without placeholders"),
        ("https://{searchId}.example.com/", "must be https://, a host without placeholders"),
        ("https://app.example.com{searchId}", "must be https://, a host without placeholders"),
        ("https://me:secret@app.example.com/{searchId}", "must be https://, a host without"),
        ("javascript:alert({searchId})", "must be https://, a host without placeholders"),
        ("https://app.example.com/a b/{searchId}", "must be https://, a host without placeholders"),
    ],
)
def test_a_template_that_cannot_work_stops_the_process(
    fault: SettingsFault, value: str, reason: str
) -> None:
    line = fault(SEARCH_URL_TEMPLATE=value)
    assert line.startswith(f"SEARCH_URL_TEMPLATE is malformed: {reason}")
    assert line.endswith(f"got {value!r}")
    assert "\n" not in line


def test_the_setting_reaches_the_handlers(make_settings: MakeSettings) -> None:
    settings: Settings = make_settings(SEARCH_URL_TEMPLATE=TEMPLATE)
    assert settings.policy.search_url_template == TEMPLATE
    assert make_settings(SEARCH_URL_TEMPLATE=None).policy.search_url({"searchId": "s"}) is None
