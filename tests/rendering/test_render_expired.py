"""A link that has expired when its message is rendered is left out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.model import Notification, Policy
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.event_fixtures import ELSEWHERE, POLICY, captured, notifications_of, sent
from tests.renderers import mail_renderer, slack_renderer

EXPIRES_AT = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, AFTER = EXPIRES_AT - timedelta(seconds=1), EXPIRES_AT + timedelta(days=250)
HINT = "Export it again in Juicebox to get a new link."


def export(policy: Policy = POLICY) -> Notification:
    [notification] = notifications_of(captured("export.ready.full"), policy)
    return notification


def rendered(notification: Notification, now: datetime) -> tuple[SlackMessage, Mail]:
    def clock() -> datetime:
        return now

    slack, mail = slack_renderer(clock=clock), mail_renderer(clock=clock)
    return slack.render(notification), mail.render(notification)


def buttons(message: SlackMessage) -> list[Any]:
    """Return the buttons that open a link."""
    elements = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    return [e for e in elements if "url" in e]


def test_a_link_is_offered_until_it_expires() -> None:
    message, mail = rendered(export(), BEFORE)
    assert [button["text"]["text"] for button in buttons(message)] == ["Download"]
    assert "The link expires in less than a minute" in str(message.blocks)
    assert "Download: https://" in mail.text
    assert "https://exports.example.com/" in mail.html


@pytest.mark.parametrize("now", [EXPIRES_AT, AFTER])
@pytest.mark.parametrize("policy", [POLICY, ELSEWHERE])
def test_an_expired_link_is_offered_nowhere(now: datetime, policy: Policy) -> None:
    message, mail = rendered(export(policy), now)
    assert buttons(message) == []
    for text in (str(message), mail.subject, mail.text, mail.html):
        assert "exports.example.com" not in text.replace("\u200b", "")
        assert "Download" not in text
        assert "ink expires" not in text


@pytest.mark.parametrize("policy", [POLICY, ELSEWHERE])
def test_an_expired_link_shows_when_it_expired_and_what_to_do(policy: Policy) -> None:
    message, mail = rendered(export(policy), AFTER)
    assert "expired 1 Mar 2026, 00:00 UTC" in message.text
    assert "The link expired <!date^1772323200^" in str(message.blocks)
    for text in (message.text, str(message.blocks), mail.text, mail.html):
        assert HINT in text
        assert "The link expired " in text
    assert "The link expired 1 Mar 2026, 00:00 UTC" in mail.text
    headline = "Link expired: export of 1,204 records"
    assert mail.subject == message.blocks[0]["text"]["text"] == headline


@pytest.mark.parametrize(
    ("left", "relative"),
    [
        (timedelta(days=3), "in 3 days"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(seconds=30), "in less than a minute"),
    ],
)
def test_an_expiry_is_relative_and_in_the_readers_time_zone(left: timedelta, relative: str) -> None:
    message, mail = rendered(export(), EXPIRES_AT - left)
    said = f"The link expires {relative}"
    in_slack = "<!date^1772323200^{date_short_pretty} at {time}|1 Mar 2026, 00:00 UTC>"
    assert message.blocks[1]["text"]["text"] == f"{said} · {in_slack}"
    assert message.text == f"Export ready: 1,204 records. {said}."
    assert f"\n{said} · 1 Mar 2026, 00:00 UTC\n" in mail.text
    assert f">{said} · 1 Mar 2026, 00:00 UTC</div>" in mail.html


def test_an_export_without_details_is_a_headline_and_a_button() -> None:
    [notification] = notifications_of(captured("export.ready"))
    message, mail = rendered(notification, BEFORE)
    assert [block["type"] for block in message.blocks] == ["header", "actions", "context"]
    assert message.text == "Export ready. Download it from the message."
    assert mail.subject == "Export ready"
    assert mail.text.splitlines()[-1].endswith(" · Export exp_5t7h1q · Event evt_exp_0001")


def test_a_format_is_shown_before_the_expiry() -> None:
    event = captured("export.ready.full")
    [notification] = notifications_of(replace(event, data={**event.data, "format": "*csv*"}))
    message, mail = rendered(notification, BEFORE)
    assert message.blocks[1]["text"]["text"].startswith("Format: ∗csv∗ · The link expires ")
    assert "\nFormat: *csv* · The link expires " in mail.text


def test_a_retry_after_the_link_expired_is_rendered_again() -> None:
    moments = iter([BEFORE, AFTER])
    renderer = slack_renderer(clock=lambda: next(moments))
    notification = export()
    assert len(buttons(renderer.render(notification))) == 1
    assert buttons(renderer.render(notification)) == []


def test_a_link_without_an_expiry_never_expires() -> None:
    data = {"exportId": "e", "downloadUrl": "https://exports.example.com/a"}
    [notification] = notifications_of(sent("export.ready", data))
    message, _ = rendered(notification, AFTER)
    assert len(buttons(message)) == 1
