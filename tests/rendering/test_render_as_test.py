"""What a test event is made into says so, on every channel."""

import io
from dataclasses import replace

import pytest

from bot.model import Delivery, Destination, Notification
from bot.rendering.renderer import Renderer
from bot.transports.terminal.console import ConsoleSender
from tests.event_fixtures import TOLD
from tests.factories import MAIL, NOW, SLACK, make_delivery

RENDERER = Renderer(clock=lambda: NOW)


def as_test(name: str) -> Notification:
    return replace(TOLD[name], test=True)


@pytest.mark.parametrize("name", TOLD)
def test_every_message_and_mail_of_a_test_begins_with_it(name: str) -> None:
    message, real = RENDERER.message_of(as_test(name)), RENDERER.message_of(TOLD[name])
    assert message.text == f"Test: {real.text}"
    assert message.blocks[0]["type"] == "header"
    assert message.blocks[0]["text"]["text"] == f"Test: {real.blocks[0]['text']['text']}"
    assert message.blocks[1:] == real.blocks[1:]
    mail, real_mail = RENDERER.mail_of(as_test(name)), RENDERER.mail_of(TOLD[name])
    assert mail.subject == f"Test: {real_mail.subject}"
    assert mail.text == f"Test: {real_mail.text}"
    assert mail.html.count("Test: ") == 2  # the line that an inbox previews, and the headline
    assert mail.html.replace("Test: ", "") == real_mail.html


@pytest.mark.parametrize("name", TOLD)
def test_nothing_of_a_real_event_says_test(name: str) -> None:
    assert "Test" not in str(RENDERER.message_of(TOLD[name]))
    assert "Test" not in str(RENDERER.mail_of(TOLD[name]))


def test_a_message_without_a_header_gets_one() -> None:
    message = RENDERER.slack("help", {"unknown": "", "test": True})
    assert message.blocks[0]["text"]["text"] == "Test"
    assert message.blocks[1:] == RENDERER.slack("help", {"unknown": ""}).blocks


@pytest.mark.parametrize("destination", [SLACK, MAIL])
async def test_the_terminal_says_it_too(destination: Destination) -> None:
    stream = io.StringIO()
    made = make_delivery(destination=destination)
    shown: Delivery = replace(made, notification=as_test("search.completed"))
    await ConsoleSender(RENDERER, stream).send(shown, lambda: None)
    assert "Test: Search completed with 1,204 results" in stream.getvalue().splitlines()[1]
