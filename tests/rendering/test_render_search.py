"""What the message of a search says."""

from typing import Any

import pytest

from bot.model import Policy
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.event_fixtures import SEARCH_PAGES, notifications_of, sent
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER

HINT = "Try a broader search"


def search(count: int, policy: Policy = SEARCH_PAGES, **data: Any) -> tuple[SlackMessage, Mail]:
    event = sent("search.completed", {"searchId": "srch_1", "resultCount": count, **data})
    [notification] = notifications_of(event, policy)
    return SLACK_RENDERER.render(notification), MAIL_RENDERER.render(notification)


def texts(message: SlackMessage, kind: str) -> list[str]:
    return [b["text"]["text"] for b in message.blocks if b["type"] == kind]


def buttons(message: SlackMessage) -> list[str]:
    """Return the labels of the buttons that open a link."""
    rows = [b["elements"] for b in message.blocks if b["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row if "url" in button]


@pytest.mark.parametrize(
    ("count", "headline", "subject", "results"),
    [
        (0, "No candidates found", "no candidates", "0 results"),
        (1, "1 candidate found", "1 candidate", "1 result"),
        (1204, "1,204 candidates found", "1,204 candidates", "1,204 results"),
    ],
)
def test_the_headline_is_the_result(count: int, headline: str, subject: str, results: str) -> None:
    message, mail = search(count, query="Rust & Go")
    assert texts(message, "header") == [headline]
    assert message.text == f"Search completed with {results}: “Rust &amp; Go”"
    assert mail.subject == f"Search completed: {subject} for “Rust & Go”"
    assert mail.text.startswith(f"{headline}\n\n“Rust & Go”\n")
    assert f">{headline}</div>" in mail.html


def test_only_a_search_without_results_has_a_hint() -> None:
    for count, has_hint in {0: True, 1: False}.items():
        message, mail = search(count)
        for text in (str(message.blocks), mail.text, mail.html):
            assert (HINT in text) is has_hint


def test_the_query_is_a_quote_without_styles() -> None:
    message, mail = search(7, query="*Rust* `x` <@U1> :tada: a_b 10:30")
    assert texts(message, "section") == ["> ∗Rust∗ ʼxʼ &lt;@U1&gt; \u2236tada: a_b 10:30"]
    assert ">*Rust* `x` &lt;@U1&gt; :tada: a_b 10:30</td>" in mail.html


def test_a_long_query_is_cut_in_slack_and_whole_in_the_mail() -> None:
    query = "Rust " * 300
    message, mail = search(7, query=query)
    [quote] = texts(message, "section")
    assert len(quote) <= 502
    assert quote.endswith("…")
    assert query.strip() in mail.text


def test_without_a_query_nothing_is_quoted() -> None:
    message, mail = search(7)
    assert texts(message, "section") == []
    assert mail.subject == "Search completed: 7 candidates"
    assert 'class="quote"' not in mail.html


@pytest.mark.parametrize(("count", "label"), [(7, "View results"), (0, "Open search")])
def test_the_button_opens_the_search(count: int, label: str) -> None:
    message, mail = search(count)
    assert buttons(message) == [label]
    assert f"{label}: https://app.example.com/searches/srch_1\n" in mail.text
    assert f"> {label} </a>" in mail.html.replace(label, f" {label} ")


def test_without_an_address_the_mail_says_where_to_look() -> None:
    message, mail = search(7, Policy())
    assert buttons(message) == []
    assert "Open the search in Juicebox to see the results." in mail.text


def test_the_ids_are_in_the_footer_alone() -> None:
    message, mail = search(7, query="Rust")
    *_, footer = message.blocks
    shown = [element["text"] for element in footer["elements"]]
    assert shown[1:] == ["Search srch_1", "Event evt_1"]
    assert "srch_1" not in str(message.blocks[:-2])
    assert mail.text.splitlines()[-1].endswith(" · Search srch_1 · Event evt_1")
