"""What the message of an event without a handler says, whatever the event holds."""

import re
from typing import Any

import pytest

from bot.delivery.notifications import notification_of
from bot.delivery.other_event import notify_of_other
from bot.fakes.slack.block_kit import MAX_TEXT, block_errors, text_length
from bot.model import Event
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER
from tests.rendering.test_render_hostile import HOSTILE, Skeleton, assert_harmless, named, shape


def render(event_type: str, data: Any) -> tuple[SlackMessage, Mail]:
    event = Event("evt_1", event_type, NOW, data)
    notification = notification_of(event, notify_of_other(event))
    return SLACK_RENDERER.render(notification), MAIL_RENDERER.render(notification)


def test_its_type_and_values_are_shown() -> None:
    message, mail = render("candidate.replied", {"candidateId": "cand_1", "more": []})
    assert message.text == "Candidate replied: Candidate id cand_1"
    header, facts, _, footer = message.blocks
    assert header["text"]["text"] == mail.subject == "Candidate replied"
    assert [field["text"] for field in facts["fields"]] == ["*Candidate id*", "cand_1"]
    assert footer["elements"][1]["text"] == "candidate.replied"
    assert "\nCandidate id: cand_1\n" in mail.text


def test_an_event_without_values_is_a_headline() -> None:
    message, mail = render("dataset.updated", {})
    assert [block["type"] for block in message.blocks] == ["header", "actions", "context"]
    assert message.text == mail.subject == "Dataset updated"


@pytest.mark.parametrize(
    "value",
    ["https://evil.example/x", "see www.evil.example", "<https://evil.example|x>", "a@b.cd"],
)
def test_nothing_is_linked(value: str) -> None:
    message, mail = render("https://evil.example", {"page": value, value: "x"})
    elements = [e for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    assert not [element for element in elements if "url" in element]
    kinds = {f["type"] for b in message.blocks for f in b.get("fields", [])[1::2]}
    assert kinds == {"plain_text"}
    linkable = re.compile(r"[a-z]\.[a-z]|https?://\w|\w@\w")
    for text in (message.text, mail.subject, mail.text.partition("\n--\n")[0]):
        assert not linkable.search(text), text
    assert "href" not in mail.html
    assert not re.search(r"evil\.example|a@b", mail.html)


def test_a_fields_name_has_no_styles() -> None:
    message, _ = render("a.b", {"*bold* `code`": "x"})
    assert message.blocks[1]["fields"][0]["text"] == "*∗bold∗ ʼcodeʼ*"


@pytest.mark.parametrize("poison", HOSTILE, ids=named)
def test_hostile_text_stays_text(poison: str) -> None:
    message, mail = render("a.b", {"name": "x" + poison})
    plain, plain_mail = render("a.b", {"name": "harmless"})
    assert_harmless(message, mail)
    assert shape(message.blocks) == shape(plain.blocks)
    assert Skeleton(mail.html).seen == Skeleton(plain_mail.html).seen
    message, mail = render(f"a{poison}", {f"name{poison}": "x"})
    assert_harmless(message, mail)
    assert Skeleton(mail.html).seen == Skeleton(plain_mail.html).seen


def test_the_largest_event_stays_within_the_limits() -> None:
    message, mail = render("x" * 5_000, {f"{n}" + "y" * 5_000: "👩🏽‍💻" * 5_000 for n in range(30)})
    assert block_errors(message.blocks) == []
    assert text_length(message.blocks) <= MAX_TEXT
    assert "10 more fields" in str(message.blocks)
    assert "10 more fields" in mail.text
    assert len(mail.html.encode()) < 70_000
