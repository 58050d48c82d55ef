"""Messages about a test event say so, on every transport."""

import re
from dataclasses import replace

import pytest

from bot.model import Notification
from bot.rendering.templates import Templates
from bot.transports.definition import AnyTransport
from bot.transports.registry import TRANSPORTS
from tests.event_fixtures import TOLD
from tests.factories import NOW
from tests.renderers import mail_renderer, slack_renderer

SLACK_RENDERER = slack_renderer(clock=lambda: NOW)
MAIL_RENDERER = mail_renderer(clock=lambda: NOW)


def as_test(name: str) -> Notification:
    return replace(TOLD[name], test=True)


@pytest.mark.parametrize("name", TOLD)
def test_every_message_and_mail_of_a_test_begins_with_it(name: str) -> None:
    message, real = SLACK_RENDERER.render(as_test(name)), SLACK_RENDERER.render(TOLD[name])
    assert message.text == f"Test: {real.text}"
    assert message.blocks[0]["type"] == "header"
    assert message.blocks[0]["text"]["text"] == f"Test: {real.blocks[0]['text']['text']}"
    assert message.blocks[1:] == real.blocks[1:]
    mail, real_mail = MAIL_RENDERER.render(as_test(name)), MAIL_RENDERER.render(TOLD[name])
    assert mail.subject == f"Test: {real_mail.subject}"
    assert mail.text == f"Test: {real_mail.text}"
    assert mail.html.count("Test: ") == 2  # the line that an inbox previews, and the headline
    assert mail.html.replace("Test: ", "") == real_mail.html


@pytest.mark.parametrize("name", TOLD)
def test_nothing_of_a_real_event_says_test(name: str) -> None:
    assert "Test" not in str(SLACK_RENDERER.render(TOLD[name]))
    assert "Test" not in str(MAIL_RENDERER.render(TOLD[name]))


def test_a_message_without_a_header_gets_one() -> None:
    message = SLACK_RENDERER.render_template("_slack/not_understood", {"text": "no", "test": True})
    assert message.blocks[0]["text"]["text"] == "Test"
    assert (
        message.blocks[1:]
        == SLACK_RENDERER.render_template("_slack/not_understood", {"text": "no"}).blocks
    )


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda t: t.name)
def test_the_terminal_shows_it_too(transport: AnyTransport) -> None:
    content = transport.renderer(Templates())(as_test("search.completed"))
    first = next(iter(transport.terminal_lines(content)))
    assert re.match(r"(Subject: )?Test: (Search completed: )?1,204 candidates", first.text)
