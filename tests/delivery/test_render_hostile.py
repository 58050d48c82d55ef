"""Hostile text in an event neither pings, links, formats, nor breaks a message or mail."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.render import Renderer, context_of
from bot.errors import InvalidData
from bot.model import Event, Mail, Notification, SlackMessage
from tests.captured import DEAD_DELIVERY, NAMES, captured, notifications_of, sent

RENDERER = Renderer()
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
)
DATE = r"!date\^\d+\^\{date_short_pretty\} at \{time\}\|[^<>]*>"


class Skeleton(HTMLParser):
    """A page's tags and the names of their attributes, which no value may change, and its links."""

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
    """A message with its texts blanked."""
    if isinstance(node, dict):
        return {
            key: value if key in {"type", "emoji", "verbatim", "style"} else shape(value)
            for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return [shape(item) for item in node]
    return type(node).__name__


def shown(node: Any) -> Iterator[str]:
    """Every string of a message but the links and values that Slack does not show."""
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
    """The value once for each of its strings, with the poison in that one; names are strings too."""
    if isinstance(value, str):
        yield value + poison
    elif isinstance(value, dict):
        for key, item in value.items():
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
    fields = event.data.get("fields")
    if isinstance(fields, dict):
        yield replace(event, data={**event.data, "fields": {f"{k}{poison}": 1 for k in fields}})


def render(notification: Notification) -> tuple[SlackMessage, Mail]:
    context = context_of(notification)
    template = notification.template
    return RENDERER.slack(template, context), RENDERER.mail(template, context)


def assert_harmless(message: SlackMessage, mail: Mail) -> None:
    for text in [message.text, *shown(message.blocks)]:
        assert not re.search(f"<(?!{DATE})", text), text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text), text
        assert not re.search("[\n\r\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", text), text
    assert json.dumps([message.text, message.blocks], ensure_ascii=False).encode()
    assert len(mail.subject.splitlines()) == 1
    everything = mail.subject + mail.text + mail.html
    assert everything.encode()
    assert "\x00" not in everything
    assert "\u202e" not in everything
    assert "{{ 49 }}" not in everything
    assert "<script" not in mail.html.lower()


@pytest.mark.parametrize("poison", HOSTILE, ids=ascii)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_anywhere_in_an_event_stays_text(name: str, poison: str) -> None:
    event = captured(name)
    for bad in poisoned_events(event, poison):
        try:
            told = notifications_of(bad)
        except InvalidData:
            continue
        for notification in told:
            message, mail = render(notification)
            assert_harmless(message, mail)


@pytest.mark.parametrize("poison", HOSTILE, ids=ascii)
@pytest.mark.parametrize("name", ["search.completed.full", "key.rotated", "profile.enriched"])
def test_hostile_text_changes_nothing_around_it(name: str, poison: str) -> None:
    [notification] = notifications_of(captured(name))
    message, mail = render(notification)
    for context in poisoned(dict(notification.context), poison):
        bad_message, bad_mail = render(replace(notification, context=context))
        assert shape(bad_message.blocks) == shape(message.blocks)
        assert Skeleton(bad_mail.html).seen == Skeleton(mail.html).seen
        assert bad_mail.text.count("\n") == mail.text.count("\n")


@pytest.mark.parametrize("poison", HOSTILE, ids=ascii)
def test_the_other_sides_words_in_a_dead_letter_are_text_too(poison: str) -> None:
    message, mail = render(DEAD_DELIVERY)
    for context in poisoned(dict(DEAD_DELIVERY.context), poison):
        if context["subject_kind"] != "delivery":
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
    assert mail.subject == "Search completed with 1 result: {{ 7*7 }}"
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
def test_a_link_leads_where_it_led(sent_url: str, url: str) -> None:
    event = sent("export.ready", {"exportId": "e", "downloadUrl": sent_url})
    [notification] = notifications_of(event)
    message, mail = render(notification)
    [actions] = [block for block in message.blocks if block["type"] == "actions"]
    assert [button["url"] for button in actions["elements"]] == [url]
    assert f"Download: {url}\n" in mail.text
    assert Skeleton(mail.html).links == [url]


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_at_all_stays_text(text: str) -> None:
    event = sent("search.completed", {"searchId": "s", "resultCount": 1, "query": "x"})
    [notification] = notifications_of(event)
    _, plain = render(notification)
    notification = replace(notification, context={**notification.context, "query": text + "x"})
    message, mail = render(notification)
    assert_harmless(message, mail)
    assert Skeleton(mail.html).seen == Skeleton(plain.html).seen
