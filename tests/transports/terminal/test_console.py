"""The console shows what would be sent, and nothing that could play tricks on a terminal."""

import io

import pytest

from bot.errors import LeaseLost
from bot.model import Mail, SlackMessage, Transport
from bot.rendering.renderer import Renderer
from bot.transports.terminal.block_text import Weight
from bot.transports.terminal.console import Console, ConsoleSender
from tests.transports.conftest import MakeDelivery


def check_lease() -> None:
    """The lease is ours."""


async def test_a_slack_message_is_shown(renderer: Renderer, make_delivery: MakeDelivery) -> None:
    stream = io.StringIO()
    sender = ConsoleSender(renderer, stream)
    receipt = await sender.send(make_delivery("C0RECRUIT"), check_lease)
    await sender.close()
    assert receipt == "console/dlv_0123456789abcdef01234567"
    assert stream.getvalue() == "╭ Slack to C0RECRUIT\n│ Found 1,204 results\n╰\n"


async def test_a_mail_is_shown(renderer: Renderer, make_delivery: MakeDelivery) -> None:
    stream = io.StringIO()
    sender = ConsoleSender(renderer, stream)
    await sender.send(make_delivery("recruiter@example.org", Transport.EMAIL), check_lease)
    assert stream.getvalue() == (
        "╭ Mail to recruiter@example.org\n"
        "│ Subject: Found 1,204 results\n"
        "│\n"
        "│ Found 1,204 results\n"
        "╰\n"
    )


@pytest.mark.parametrize("channel", [Transport.SLACK, Transport.EMAIL])
async def test_a_lost_lease_shows_nothing(
    renderer: Renderer, make_delivery: MakeDelivery, channel: Transport
) -> None:
    def lost() -> None:
        raise LeaseLost("gone")

    stream = io.StringIO()
    with pytest.raises(LeaseLost):
        await ConsoleSender(renderer, stream).send(make_delivery("somewhere", channel), lost)
    assert stream.getvalue() == ""


async def test_standard_output_is_the_default(
    renderer: Renderer, make_delivery: MakeDelivery, capsys: pytest.CaptureFixture[str]
) -> None:
    await ConsoleSender(renderer).send(make_delivery("C0RECRUIT"), check_lease)
    assert capsys.readouterr().out.startswith("╭ Slack to C0RECRUIT\n")


def test_colours_are_off_until_asked_for() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "Ready"}}
    plain, coloured = io.StringIO(), io.StringIO()
    for stream, colours in ((plain, False), (coloured, True)):
        console = Console(stream, colours=colours)
        console.slack("C1", SlackMessage("Ready", (header,)))
        console.say("aside", Weight.ASIDE)
        console.say("normal")
    assert plain.getvalue() == "╭ Slack to C1\n│ Ready\n╰\naside\nnormal\n"
    assert coloured.getvalue() == (
        "╭ \x1b[2mSlack to C1\x1b[0m\n│ \x1b[1mReady\x1b[0m\n╰\n\x1b[2maside\x1b[0m\nnormal\n"
    )


def test_no_control_character_gets_through() -> None:
    stream = io.StringIO()
    console = Console(stream)
    evil = "a\x1b[31mb\x07c\rd\u202ee\x9bf"
    console.say(evil)
    console.mail(evil, Mail(evil, f"{evil}\n{evil}", ""))
    console.slack(evil, SlackMessage(evil, ()))
    written = stream.getvalue()
    assert not set(written) & set("\x1b\x07\r\u202e\x9b")
    assert written.splitlines()[0] == "a[31mbc def"


def test_a_terminal_without_frames_gets_plain_ones() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream).slack("C1", SlackMessage("Zoë", ()))
    assert raw.getvalue() == b"+ Slack to C1\n| Zo?\n+\n"
