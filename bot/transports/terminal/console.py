"""Writes messages to a terminal."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TextIO

from bot.rendering.escaping import clean
from bot.transports.terminal.lines import Line, Weight


class _Colour(StrEnum):
    """https://en.wikipedia.org/wiki/ANSI_escape_code#SGR."""

    OFF = "\x1b[0m"
    BOLD = "\x1b[1m"
    DIM = "\x1b[2m"


_COLOURS = {Weight.HEADLINE: _Colour.BOLD, Weight.ASIDE: _Colour.DIM}


class Console:
    """Writes lines and framed messages to a stream, without control characters."""

    def __init__(self, stream: TextIO, *, colours: bool = False) -> None:
        self._stream = stream
        self._colours = colours
        self._encoding = stream.encoding or "utf-8"
        self._top, self._side, self._bottom = "╭│╰" if self._can_encode("╭│╰") else "+|+"

    def say(self, text: str, weight: Weight = Weight.NORMAL) -> None:
        """Write one line."""
        self._write("", Line(text, weight))

    def show(self, title: str, lines: Iterable[Line]) -> None:
        """Write the lines in a frame."""
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

    def _can_encode(self, text: str) -> bool:
        return text.encode(self._encoding, "replace").decode(self._encoding) == text
