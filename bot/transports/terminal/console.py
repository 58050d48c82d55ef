"""Shows deliveries on a terminal instead of sending them."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import TextIO

from bot.delivery.sender import CheckLease
from bot.model import Delivery, Mail, SlackMessage, Transport
from bot.rendering.escaping import clean
from bot.rendering.renderer import Renderer
from bot.transports.terminal.block_text import Line, Weight, lines_of


class _Colour(StrEnum):
    """ANSI's codes: https://en.wikipedia.org/wiki/ANSI_escape_code#SGR."""

    OFF = "\x1b[0m"
    BOLD = "\x1b[1m"
    DIM = "\x1b[2m"


_COLOURS = {Weight.HEADLINE: _Colour.BOLD, Weight.ASIDE: _Colour.DIM}


class Console:
    """Writes messages and mails to a stream, each in a frame; no control character gets through."""

    def __init__(self, stream: TextIO, *, colours: bool = False) -> None:
        self._stream = stream
        self._colours = colours
        self._encoding = stream.encoding or "utf-8"
        self._top, self._side, self._bottom = "╭│╰" if self._can_show("╭│╰") else "+|+"

    def say(self, text: str, weight: Weight = Weight.NORMAL) -> None:
        """Write one line."""
        self._write("", Line(text, weight))

    def slack(self, channel: str, message: SlackMessage) -> None:
        self._frame(f"Slack to {channel}", lines_of(message))

    def mail(self, recipient: str, mail: Mail) -> None:
        body = (Line(line) for line in mail.text.rstrip().split("\n"))
        subject = Line(f"Subject: {mail.subject}", Weight.HEADLINE)
        self._frame(f"Mail to {recipient}", [subject, Line(""), *body])

    def _frame(self, title: str, lines: Iterable[Line]) -> None:
        self._write(f"{self._top} ", Line(title, Weight.ASIDE))
        for line in lines:
            self._write(f"{self._side} ", line)
        self._write(self._bottom, Line(""))

    def _write(self, edge: str, line: Line) -> None:
        text = clean(line.text)
        colour = _COLOURS.get(line.weight) if self._colours else None
        shown = f"{colour}{text}{_Colour.OFF}" if colour and text else text
        whole = f"{edge}{shown}".rstrip() + "\n"
        self._stream.write(whole.encode(self._encoding, "replace").decode(self._encoding))
        self._stream.flush()

    def _can_show(self, signs: str) -> bool:
        return signs.encode(self._encoding, "replace").decode(self._encoding) == signs


class ConsoleSender:
    """Renders as the other senders do; `stream` is standard output by default."""

    def __init__(
        self, renderer: Renderer, stream: TextIO | None = None, *, colours: bool = False
    ) -> None:
        self._renderer = renderer
        self._console = Console(stream or sys.stdout, colours=colours)

    async def send(self, delivery: Delivery, check_lease: CheckLease) -> str:
        """Show the delivery's message or mail, as its destination has it; `console/<delivery id>`.

        Raises:
            RenderError: if a template fails.
            LeaseLost: out of `check_lease`.
        """
        notification, destination = delivery.notification, delivery.destination
        if destination.transport is Transport.EMAIL:
            mail = self._renderer.mail_of(notification)
            check_lease()
            self._console.mail(destination.address, mail)
        else:
            message = self._renderer.message_of(notification)
            check_lease()
            self._console.slack(destination.address, message)
        return f"console/{delivery.id}"

    async def close(self) -> None:
        """The stream is its owner's."""
