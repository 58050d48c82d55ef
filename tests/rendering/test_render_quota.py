"""What the message of a quota warning says."""

from dataclasses import replace
from typing import Any

import pytest

from bot.model import Audience, canonical_event
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.event_fixtures import notifications_of
from tests.factories import NOW
from tests.renderers import mail_renderer, slack_renderer

SLACK_RENDERER = slack_renderer(clock=lambda: NOW)
MAIL_RENDERER = mail_renderer(clock=lambda: NOW)
RESETS = "resets on 1 Feb 2026, in 16 days"


def quota(audience: Audience = Audience.OPERATORS, **data: Any) -> tuple[SlackMessage, Mail]:
    event = canonical_event("evt_1", "quota.warning", NOW, data)
    [notification] = notifications_of(event)
    notification = replace(notification, audience=audience)
    return SLACK_RENDERER.render(notification), MAIL_RENDERER.render(notification)


@pytest.mark.parametrize(
    ("usage", "headline", "meaning", "colour"),
    [
        (8_400, "🟡 Juicebox quota at 84.0%", "No action needed yet.", "#5b3df5"),
        (9_000, "🟠 Juicebox quota at 90.0%", "Running low.", "#e8890c"),
        (9_500, "🔴 Juicebox quota at 95.0%", "Almost used up.", "#d92d20"),
        (9_999, "🔴 Juicebox quota at 99.9%", "Almost used up.", "#d92d20"),
        (10_000, "⛔ Quota used up", "Juicebox may refuse", "#d92d20"),
    ],
)
def test_the_severity_is_seen(usage: int, headline: str, meaning: str, colour: str) -> None:
    message, mail = quota(usage=usage, limit=10_000)
    assert message.blocks[0]["text"]["text"] == headline
    assert meaning in str(message.blocks)
    assert meaning in mail.text
    assert f"background:{colour}" in mail.html
    assert mail.text.startswith(headline[2:])


def test_what_is_left_and_when_it_resets_is_said() -> None:
    message, mail = quota(usage=8_400, limit=10_000, resetDate="2026-02-01")
    amounts = "8,400 of 10,000 used"
    assert message.text == f"Juicebox quota at 84.0%: {amounts}, 1,600 left, {RESETS}"
    assert message.blocks[2]["text"]["text"] == f"{amounts} · 1,600 left · {RESETS}"
    assert "Left:   1,600\nResets: 1 Feb 2026, in 16 days\n" in mail.text


def test_a_quota_that_is_used_up_says_so_everywhere() -> None:
    message, mail = quota(usage=10_450, limit=10_000, resetDate="2026-02-01")
    assert message.text.startswith("Quota used up: Juicebox quota at 104.5%: 10,450 of 10,000 used")
    assert mail.subject == "Juicebox quota at 104.5%: quota used up"


def test_a_percentage_is_shown_without_amounts() -> None:
    message, _ = quota(usage_percent=84.2, reset_date="2026-02-01", plan_tier="*Growth*")
    assert message.text == f"Juicebox quota at 84.2%, 15.8% left, {RESETS}"
    assert message.blocks[2]["text"]["text"] == f"15.8% left · {RESETS} · plan: ∗Growth∗"


def test_a_reset_in_the_past_is_not_said_to_come() -> None:
    message, _ = quota(usage=9, limit=10, resetDate="2026-01-01")
    assert message.text.endswith("resets on 1 Jan 2026")


def test_a_screen_reader_gets_words_and_no_bar() -> None:
    """It reads the text of a message in Slack, and the label of an image in an email."""
    message, mail = quota(usage=8_400, limit=10_000)
    assert "▰" in str(message.blocks)
    assert not {*"▰▱🟡"} & {*message.text}
    assert 'role="img" aria-label="84.0% used"' in mail.html


def test_a_bar_has_the_colour_of_the_text() -> None:
    """So it can be seen on a light and a dark background; code would have its own colours."""
    message, _ = quota(usage=8_400, limit=10_000)
    assert message.blocks[1]["text"]["text"] == "▰▰▰▰▰▰▰▰▱▱  *84.0%*"
