"""Writes messages to a terminal."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

from bot.rendering.escaping import clean


class Weight(StrEnum):
    """How a line stands out, as https://en.wikipedia.org/wiki/ANSI_escape_code#SGR."""

    NORMAL = ""
    HEADLINE = "\x1b[1m"  # bold
    ASIDE = "\x1b[2m"  # faint


_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    weight: Weight = Weight.NORMAL


class Console:
    """Writes lines and framed messages to a stream, without control characters."""

    def __init__(self, stream: TextIO, *, colours: bool = False) -> None:
        self._stream = stream
        self._colours = colours
        self._encoding = stream.encoding or "utf-8"
        has_boxes = self._encodable("╭│╰") == "╭│╰"
        self._top, self._side, self._bottom = "╭│╰" if has_boxes else "+|+"

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
        if self._colours and line.weight and text:
            text = f"{line.weight}{text}{_RESET}"
        self._stream.write(self._encodable(f"{edge}{text}".rstrip() + "\n"))
        self._stream.flush()

    def _encodable(self, text: str) -> str:
        """Replace what the stream's encoding does not have by question marks."""
        return text.encode(self._encoding, "replace").decode(self._encoding)
