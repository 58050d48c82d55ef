"""The headers and the link of an email, each recipient's own: RFC 8058 and RFC 2369."""

import re
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import Audience, Notification
from bot.rendering.templates import Templates
from bot.transports.email.content import Mail, MailRenderer
from bot.transports.email.mime import mime_message
from bot.unsubscribe.links import Tokens, UnsubscribeLinks
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.event_fixtures import DEAD_EVENT, TOLD
from tests.factories import NOW, make_event
from tests.renderers import outgoing_mail
from tests.run_jobs import event_job, run_job
from tests.stored_events import accept

TOKENS = Tokens([b"whsec_current"])
FROM = "Juicebox <bot@example.com>"
LONGEST = f"{'a' * 64}@{'b' * 57}.{'c' * 63}.{'d' * 63}.com"
RENDERER = MailRenderer(Templates(links=True))
SEARCH = TOLD["search.completed.full"]


def links(public_url: str = "https://bot.example.com") -> UnsubscribeLinks:
    return UnsubscribeLinks(public_url, TOKENS)


def raw_of(notification: Notification, address: str, made: UnsubscribeLinks | None) -> bytes:
    return mime_message(
        outgoing_mail(RENDERER.render(notification), address), FROM, NOW, made
    ).as_bytes()


@pytest.mark.parametrize("address", ["ada@example.com", "o'brien+x/y=z@example.com", LONGEST])
def test_the_headers_are_on_one_line_each_and_not_encoded(address: str) -> None:
    made = links(f"https://{'very-long.' * 38}example.com")
    head, _, _ = raw_of(SEARCH, address, made).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    link = made.of(address).encode()
    at = lines.index(b"List-Unsubscribe: <" + link + b">")
    assert lines[at + 1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    assert head.lower().count(b"list-unsubscribe:") == 1
    assert max(map(len, lines)) <= 998


def test_both_bodies_have_the_link_and_say_why_the_mail_came() -> None:
    mail = RENDERER.render(SEARCH).with_link(links().of("ada@example.com"))
    link = links().of("ada@example.com")
    why = (
        "You receive this because you or your team asked for emails about what happens in Juicebox."
    )
    assert f"{why} Unsubscribe: {link}\n" in mail.text
    [href] = re.findall(r'<a href="([^"]+)"[^>]*>Unsubscribe</a>', mail.html)
    assert href == link
    assert "unsubscribe.invalid" not in mail.text + mail.html


def test_no_event_can_place_a_link() -> None:
    """What stands for the link differs from process to process."""
    assert (
        MailRenderer(Templates(links=True)).render(SEARCH).link_mark
        != RENDERER.render(SEARCH).link_mark
    )


@pytest.mark.parametrize("name", sorted(TOLD))
def test_only_recruiters_mails_can_be_unsubscribed_from(name: str) -> None:
    is_recruiters = TOLD[name].audience is Audience.RECRUITERS
    raw = raw_of(TOLD[name], "ada@example.com", links())
    assert (b"List-Unsubscribe" in raw) is is_recruiters
    assert b"unsubscribe.invalid" not in raw


def test_without_links_the_mail_says_whom_to_ask() -> None:
    mail = MailRenderer(Templates()).render(SEARCH)
    raw = mime_message(outgoing_mail(mail, "ada@example.com"), FROM, NOW, links()).as_bytes()
    assert b"List-Unsubscribe" not in raw
    for body in (mail.text, mail.html):
        assert "To stop, ask the person who looks after the Juicebox bot at your company." in body


def test_a_mail_without_a_footer_stays_as_it_is() -> None:
    mail = Mail("Subject", "text", "html")
    assert (
        b"List-Unsubscribe" not in mime_message(outgoing_mail(mail), FROM, NOW, links()).as_bytes()
    )
    assert DEAD_EVENT.audience is Audience.OPERATORS


@pytest.fixture
async def tasks(
    request: pytest.FixtureRequest,
    make_settings: MakeSettings,
    redis: Redis,
    slack_api: LocalSlack,
    inbox: Inbox,
) -> AsyncIterator[WorkerTasks]:
    """The tasks of a worker with this PUBLIC_URL, and two recruiters."""
    built = build_jobs(
        make_settings(
            SLACK_API_URL=slack_api.url,
            SMTP_URL=inbox.url,
            EMAIL_TO="ada@example.com,bob@example.com",
            PUBLIC_URL=request.param,
        )
    )
    yield built
    await built.close()


@pytest.mark.parametrize("tasks", ["https://bot.example.com"], indirect=True)
async def test_every_recipient_gets_an_own_link(tasks: WorkerTasks, inbox: Inbox) -> None:
    await accept(tasks.store, make_event())
    await run_job(tasks, event_job())
    mails = {mail.recipients[0]: mail for mail in inbox.mails}
    assert set(mails) == {"ada@example.com", "bob@example.com"}
    for address, mail in mails.items():
        assert mail.message["List-Unsubscribe"] == f"<{links().of(address)}>"
        for body in (mail.text, mail.html):
            assert re.findall(r"https://bot\.example\.com/[\w/-]+", body) == [links().of(address)]


@pytest.mark.parametrize("tasks", [None, "http://bot.example.com"], indirect=True)
async def test_without_https_there_is_no_link(tasks: WorkerTasks, inbox: Inbox) -> None:
    await accept(tasks.store, make_event())
    await run_job(tasks, event_job())
    assert len(inbox.mails) == 2
    for mail in inbox.mails:
        assert mail.message["List-Unsubscribe"] is None
        assert mail.message["List-Unsubscribe-Post"] is None
        assert "To stop, ask the person" in mail.text
