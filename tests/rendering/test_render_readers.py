"""Messages fit their readers: recruiters, or the operators of the bot."""

import re

import pytest

from bot.model import Audience
from bot.rendering.templates import context_of
from tests.event_fixtures import TOLD
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER

RECRUITERS = [name for name, said in TOLD.items() if said.audience is Audience.RECRUITERS]


@pytest.mark.parametrize("name", RECRUITERS)
def test_recruiters_read_neither_settings_nor_commands_nor_internal_states(name: str) -> None:
    notification = TOLD[name]
    context = context_of(notification, NOW)
    message = SLACK_RENDERER.render_template(notification.template, context)
    mail = MAIL_RENDERER.render_template(notification.template, context)
    internal = re.compile(r"\b[A-Z]+_[A-Z_]+\b|python -m|heroku|dead letter|\b[a-z]+[A-Z]\w*: ")
    for text in (str(message), mail.subject, mail.text):
        assert not internal.search(text)


@pytest.mark.parametrize("name", [name for name in TOLD if name != "summary"])
def test_a_mail_offers_one_next_step(name: str) -> None:
    notification = TOLD[name]
    mail = MAIL_RENDERER.render_template(notification.template, context_of(notification, NOW))
    assert mail.html.count("<a ") <= 1


@pytest.mark.parametrize("name", TOLD)
def test_both_bodies_say_why_one_got_the_mail(name: str) -> None:
    notification = TOLD[name]
    mail = MAIL_RENDERER.render_template(notification.template, context_of(notification, NOW))
    for body in (mail.text, mail.html):
        assert "You receive this because you" in body
        assert "To stop, " in body
        assert ("EMAIL_ALERT_TO" in body) is (notification.audience is Audience.OPERATORS)
        assert notification.event_id in body or notification.template == "summary"
