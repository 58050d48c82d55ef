"""The console shows messages without control characters."""

import io

from bot.transports.definition import AnyTransport
from bot.transports.email.content import Mail
from bot.transports.email.transport import EMAIL
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.transport import SLACK
from bot.transports.terminal.console import Console, Weight


def show(console: Console, transport: AnyTransport, address: str, content: object) -> None:
    title = f"{transport.terminal_title} {address}"
    console.show(title, transport.terminal_lines(content))


def test_a_slack_message_is_shown() -> None:
    stream = io.StringIO()
    show(Console(stream), SLACK, "C0RECRUIT", SlackMessage("Found 1,204 results", ()))
    assert stream.getvalue() == "╭ Slack to C0RECRUIT\n│ Found 1,204 results\n╰\n"


def test_a_mail_is_shown() -> None:
    stream = io.StringIO()
    mail = Mail("Found 1,204 results", "Found 1,204 results\n", "")
    show(Console(stream), EMAIL, "recruiter@example.org", mail)
    assert stream.getvalue() == (
        "╭ Mail to recruiter@example.org\n"
        "│ Subject: Found 1,204 results\n"
        "│\n"
        "│ Found 1,204 results\n"
        "╰\n"
    )


def test_colours_are_off_by_default() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "Ready"}}
    plain, coloured = io.StringIO(), io.StringIO()
    for stream, colours in ((plain, False), (coloured, True)):
        console = Console(stream, colours=colours)
        show(console, SLACK, "C1", SlackMessage("Ready", (header,)))
        console.say("aside", Weight.ASIDE)
        console.say("normal")
    assert plain.getvalue() == "╭ Slack to C1\n│ Ready\n╰\naside\nnormal\n"
    assert coloured.getvalue() == (
        "╭ \x1b[2mSlack to C1\x1b[0m\n│ \x1b[1mReady\x1b[0m\n╰\n\x1b[2maside\x1b[0m\nnormal\n"
    )


def test_control_characters_are_removed() -> None:
    stream = io.StringIO()
    console = Console(stream)
    evil = "a\x1b[31mb\x07c\rd\u202ee\x9bf"
    console.say(evil)
    show(console, EMAIL, evil, Mail(evil, f"{evil}\n{evil}", ""))
    show(console, SLACK, evil, SlackMessage(evil, ()))
    written = stream.getvalue()
    assert not set(written) & set("\x1b\x07\r\u202e\x9b")
    assert written.splitlines()[0] == "a[31mbc def"


def test_a_terminal_without_box_characters_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show(Console(stream), SLACK, "C1", SlackMessage("Zoë", ()))
    assert raw.getvalue() == b"+ Slack to C1\n| Zo?\n+\n"
