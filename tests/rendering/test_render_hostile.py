"""Hostile text in an event does not mention, link, format or break anything."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fakes.slack.block_kit import block_errors
from bot.model import Event, InvalidData, Notification
from bot.rendering.templates import context_of
from bot.transports.email.content import Mail
from bot.transports.email.mime import mime_message
from bot.transports.slack.message import SlackMessage
from tests.event_fixtures import DEAD_DELIVERY, NAMES, captured, notifications_of, sent
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER, outgoing_mail

HOSTILE = (
    "<!channel>",
    "<@U1>",
    "<#C1>",
    "<https://evil.example|x>",
    "*_~`",
    "\"'\\",
    r"\u003c!channel\u003e",
    "line\nbreak\r\nand\ttab",
    "{{ 7*7 }}{% raw %}",
    "</mj-text><script>alert(1)</script>",
    "--><![endif]--><img src=x onerror=alert(1)>",
    "]]>&amp;&lt;",
    "\u202eexe.pdf",
    "\x00\x07\x1b",
    "\u2028\u2029\x85",
    "\ud800",
    "\ufffe\uffff",
    "\r\nBcc: victim@example.com\r\n\r\nanother body",
    "=?utf-8?q?=0D=0ABcc:_x?=",
    "[x](https://evil.example) :tada: @here",
    '", "type": "divider"}, {"type": "actions',
    "\u200b\u200d\ufeff\U000e0041",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f3f3\ufe0f",
    "long" * 2_000,
    "<&>" * 300,
)
NO_TEXT = {"\ud800"}
"""Invalid text, which is left out."""
HARMLESS = "harmless"
DATE = r"!date\^\d+\^\{date_short_pretty\} at \{time\}\|[^<>]*>"


PARTS = ["multipart/alternative", "text/plain", "text/html"]


def named(poison: str) -> str:
    return ascii(poison)[:40]


class Skeleton(HTMLParser):
    """Collects a page's tags, attribute names and links, which no value may change."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []
        self.links: list[str | None] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, *(name for name, _ in attrs)))
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(("/" + tag,))

    def handle_comment(self, data: str) -> None:
        self.seen.append(("comment", data))


def shape(node: Any) -> Any:
    """Return the message without its texts."""
    if isinstance(node, dict):
        return {
            key: value if key in {"type", "emoji", "verbatim", "style"} else shape(value)
            for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return [shape(item) for item in node]
    return type(node).__name__


def shown(node: Any) -> Iterator[str]:
    """Yield every string of a message that Slack shows."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in {"url", "value"}:
                yield from shown(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from shown(item)


def poisoned(value: Any, poison: str) -> Iterator[Any]:
    """Yield the value once for each of its strings and keys, with the poison added to it."""
    if isinstance(value, str):
        yield value + poison
    elif isinstance(value, dict):
        for key, item in value.items():
            yield {(k + poison if k == key else k): v for k, v in value.items()}
            for bad in poisoned(item, poison):
                yield {**value, key: bad}
    elif isinstance(value, list):
        for index, item in enumerate(value):
            for bad in poisoned(item, poison):
                yield [*value[:index], bad, *value[index + 1 :]]


def poisoned_events(event: Event, poison: str) -> Iterator[Event]:
    for data in poisoned(dict(event.data), poison):
        yield replace(event, data=data)
    yield replace(event, id=event.id + poison)


def rendered_all(event: Event) -> list[tuple[SlackMessage, Mail]]:
    """Render all notifications of the event; none if its data is invalid."""
    try:
        return [render(notification) for notification in notifications_of(event)]
    except InvalidData:
        return []


def render(notification: Notification) -> tuple[SlackMessage, Mail]:
    context = context_of(notification, NOW)
    template = notification.template
    return SLACK_RENDERER.render_template(template, context), MAIL_RENDERER.render_template(
        template, context
    )


def mime_of(mail: Mail) -> EmailMessage:
    return mime_message(outgoing_mail(mail), "bot@example.com", NOW)


def assert_harmless(message: SlackMessage, mail: Mail) -> None:
    for text in [message.text, *shown(message.blocks)]:
        assert not re.search(f"<(?!{DATE})", text), text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text), text
        assert not re.search("[\n\r\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", text), text
    assert json.dumps([message.text, message.blocks], ensure_ascii=False).encode()
    assert block_errors(message.blocks) == []
    assert len(mail.subject.splitlines()) == 1
    everything = mail.subject + mail.text + mail.html
    assert everything.encode()
    assert "\x00" not in everything
    assert "\u202e" not in everything
    assert "{{ 49 }}" not in everything
    assert "<script" not in mail.html.lower()
    arrived = message_from_bytes(mime_of(mail).as_bytes(), policy=default)
    assert arrived.keys() == mime_of(replace(mail, subject=HARMLESS)).keys()
    assert arrived["Subject"].replace("\u200b", "") == mail.subject.replace("\u200b", "")
    assert [part.get_content_type() for part in arrived.walk()] == PARTS


@cache
def harmless(name: str) -> list[list[tuple[SlackMessage, Mail]]]:
    return [rendered_all(event) for event in poisoned_events(captured(name), HARMLESS)]


@pytest.mark.parametrize("poison", HOSTILE, ids=named)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_in_any_field_stays_text_and_changes_nothing_else(
    name: str, poison: str
) -> None:
    bad_events = poisoned_events(captured(name), poison)
    for bad, good in zip(bad_events, harmless(name), strict=True):
        for (message, mail), (model, plain) in zip(rendered_all(bad), good, strict=False):
            assert_harmless(message, mail)
            if poison in NO_TEXT:
                continue
            assert shape(message.blocks) == shape(model.blocks)
            assert Skeleton(mail.html).seen == Skeleton(plain.html).seen
            assert mail.text.count("\n") == plain.text.count("\n")


@pytest.mark.parametrize("poison", HOSTILE, ids=named)
def test_hostile_text_in_a_dead_letter_stays_text(poison: str) -> None:
    told_of = dict(DEAD_DELIVERY.context)
    message, mail = render(DEAD_DELIVERY)
    for context in poisoned(told_of, poison):
        if context.get("subject_kind") != "delivery" or context.keys() != told_of.keys():
            continue
        bad_message, bad_mail = render(replace(DEAD_DELIVERY, context=context))
        assert_harmless(bad_message, bad_mail)
        assert shape(bad_message.blocks) == shape(message.blocks)
        assert Skeleton(bad_mail.html).seen == Skeleton(mail.html).seen


def test_template_syntax_in_an_event_is_shown_and_not_run() -> None:
    event = sent("search.completed", {"searchId": "s", "resultCount": 1, "query": "{{ 7*7 }}"})
    [notification] = notifications_of(event)
    message, mail = render(notification)
    assert message.text == "Search completed with 1 result: “{{ 7*7 }}”"
    assert mail.subject == "Search completed: 1 candidate for “{{ 7*7 }}”"
    assert "{{ 7*7 }}" in mail.html


@pytest.mark.parametrize(
    ("sent_url", "url"),
    [
        (
            "https://e.example/x?a=1&b=%2B%20&c[]='(d)'#e",
            "https://e.example/x?a=1&b=%2B%20&c[]='(d)'#e",
        ),
        ('https://e.example/<b>"{{7*7}}', "https://e.example/%3Cb%3E%22%7B%7B7*7%7D%7D"),
        ("https://e.example/\\u003cb", "https://e.example/%5Cu003cb"),
        ("https://e.example/Mu\u0308ller", "https://e.example/Mu%CC%88ller"),
    ],
)
def test_a_link_keeps_its_target(sent_url: str, url: str) -> None:
    event = sent("export.ready", {"exportId": "e", "downloadUrl": sent_url})
    [notification] = notifications_of(event)
    message, mail = render(notification)
    [actions] = [block for block in message.blocks if block["type"] == "actions"]
    assert [b["url"] for b in actions["elements"] if "url" in b] == [url]
    assert f"Download: {url}\n" in mail.text
    assert Skeleton(mail.html).links == [url]


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_stays_text(text: str) -> None:
    event = sent("search.completed", {"searchId": "s", "resultCount": 1, "query": "x"})
    [notification] = notifications_of(event)
    _, plain = render(notification)
    notification = replace(notification, context={**notification.context, "query": text + "x"})
    message, mail = render(notification)
    assert_harmless(message, mail)
    assert Skeleton(mail.html).seen == Skeleton(plain.html).seen
