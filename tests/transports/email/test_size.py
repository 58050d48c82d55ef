"""A mail of any event stays below the size at which Gmail clips it."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.model import Notification
from bot.rendering.templates import context_of
from bot.transports.email.mime import mime_message
from tests.event_fixtures import TOLD, notifications_of, sent
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, outgoing_mail

MOST_BYTES = 100_000
"""Gmail clips at 102 KB: https://support.google.com/mail/answer/6546."""
HUGE = 250_000
LONGEST_LINK = 8_000
"""In characters: a longer one is not accepted."""
LONGEST_SEARCH_LINK = 2_000
"""In characters, percent-encoded: a longer one is not made."""
FILLINGS = {
    "letters": "x",
    "words": "Rust engineer ",
    "ideographs": "名",
    "emoji": "\U0001f469\U0001f3fd\u200d\U0001f4bb",
    "ampersands": "&",
    "quotes": '"',
    "equal signs": "=",
    "spaces of no width": "\u200b",
}


def filled(filling: str, value: str) -> str:
    """Return the filling at the maximal length of an event, or of a link."""
    if value.startswith("https://app.example.com/"):
        return (value + "%F0" * LONGEST_SEARCH_LINK)[:LONGEST_SEARCH_LINK]
    start = "https://exports.example.com/" if value.startswith("https://") else ""
    if start:
        return (start + filling.replace(" ", "%20") * LONGEST_LINK)[:LONGEST_LINK]
    return filling * (HUGE // len(filling.encode()))


def blown_up(context: Any, filling: str) -> Iterator[Any]:
    """Yield the context once for each of its strings, with that one filled."""
    if isinstance(context, str):
        yield filled(filling, context)
    elif isinstance(context, dict | list):
        for key in context if isinstance(context, dict) else range(len(context)):
            for value in blown_up(context[key], filling):
                changed = context.copy()
                changed[key] = value
                yield changed


def all_blown_up(context: Any, filling: str) -> Any:
    if isinstance(context, str):
        return filled(filling, context)
    if isinstance(context, dict):
        return {key: all_blown_up(value, filling) for key, value in context.items()}
    return [all_blown_up(v, filling) for v in context] if isinstance(context, list) else context


def size(notification: Notification, context: dict[str, Any]) -> int:
    mail = MAIL_RENDERER.render_template(notification.template, context)
    return len(mime_message(outgoing_mail(mail), "bot@example.com", NOW).as_bytes())


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("name", TOLD)
def test_a_mail_with_one_huge_value_stays_small(name: str, filling: str) -> None:
    context = {**context_of(TOLD[name], NOW)}
    for huge in blown_up(context, FILLINGS[filling]):
        assert size(TOLD[name], huge) < MOST_BYTES


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("name", TOLD)
def test_a_mail_with_many_huge_values_stays_small(name: str, filling: str) -> None:
    context = {**context_of(TOLD[name], NOW)}
    if isinstance(context.get("fields"), list):
        context["fields"] = context["fields"] * 20
    assert size(TOLD[name], all_blown_up(context, FILLINGS[filling])) < MOST_BYTES


def test_cut_text_ends_in_an_ellipsis_in_both_bodies() -> None:
    data = {"searchId": "s", "resultCount": 1, "query": "Rust " * 1_000}
    [notification] = notifications_of(sent("search.completed", data))
    mail = MAIL_RENDERER.render_template("search.completed", context_of(notification, NOW))
    for body in (mail.text, mail.html):
        assert "Rust " * 390 + "Rust" in body
        assert "Rust…" in body


@pytest.mark.parametrize("name", TOLD)
def test_an_ordinary_mail_is_not_cut(name: str) -> None:
    notification = TOLD[name]
    mail = MAIL_RENDERER.render_template(notification.template, context_of(notification, NOW))
    assert "…" not in mail.text


@pytest.mark.parametrize(("path", "linked"), [("a" * 7_900, True), ("名" * 900, False)])
def test_a_link_is_whole_or_left_out(path: str, *, linked: bool) -> None:
    """Percent-encoded, each ideograph has nine characters."""
    url = f"https://exports.example.com/{path}"
    data = {"exportId": "exp_1", "downloadUrl": url}
    [notification] = notifications_of(sent("export.ready", data))
    mail = MAIL_RENDERER.render_template("export.ready", context_of(notification, NOW))
    assert (url in mail.text) is linked
    assert (f'href="{url}"' in mail.html) is linked
    if not linked:
        assert "href=" not in mail.html
        for body in (mail.text, mail.html):
            assert "Its link is too long for an email." in body
            assert "Ask an operator of this bot for the full link." in body
