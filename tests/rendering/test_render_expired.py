"""A link that has expired when its message is rendered is left out."""

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
    return [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]


def test_a_link_is_offered_until_it_expires() -> None:
    message, mail = rendered(export(), BEFORE)
    assert [button["text"]["text"] for button in buttons(message)] == ["Download"]
    assert "*Link expires*" in str(message.blocks)
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
    assert "*Link expired*" in str(message.blocks)
    for text in (message.text, str(message.blocks), mail.text, mail.html):
        assert HINT in text
    assert "Link expired: 1 Mar 2026, 00:00 UTC" in mail.text
    assert ">Link expired</td>" in mail.html
    assert mail.subject == message.blocks[0]["text"]["text"] == "Export expired: 1,204 records"


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
