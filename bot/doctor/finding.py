"""What a check found out, and how that is put in one line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.logging.printable import printable

_WIDTH = 28


class Mark(Enum):
    """How bad it is: the sign for it, and the word for terminals without that sign."""

    OK = ("✓", "ok  ")
    NOTE = ("–", "--  ")  # noqa: RUF001 - a dash on purpose
    WARNING = ("!", "warn")
    FAILURE = ("✗", "FAIL")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do where it is not as it should be."""

    mark: Mark
    subject: str
    text: str
    mend: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(Mark.OK, subject, text)


def note(subject: str, text: str) -> Finding:
    return Finding(Mark.NOTE, subject, text)


def warning(subject: str, text: str, mend: str) -> Finding:
    return Finding(Mark.WARNING, subject, text, mend)


def failure(subject: str, text: str, mend: str) -> Finding:
    return Finding(Mark.FAILURE, subject, text, mend)


def lines(findings: Iterable[Finding], *, ascii_only: bool) -> Iterable[str]:
    """A line for each finding, its mend after it."""
    for finding in findings:
        sign, word = finding.mark.value
        mend = f"; {finding.mend}" if finding.mend else ""
        line = f"{sign} {finding.subject:<{_WIDTH}} {finding.text}{mend}"
        if ascii_only:
            line = word + line.removeprefix(sign).encode("ascii", "backslashreplace").decode()
        yield printable(line)


def summary(findings: Sequence[Finding]) -> str:
    failed = sum(f.mark is Mark.FAILURE for f in findings)
    warned = sum(f.mark is Mark.WARNING for f in findings)
    warnings = f", {warned} warning{'' if warned == 1 else 's'}" if warned else ""
    if failed:
        return f"{failed} thing{'' if failed == 1 else 's'} to mend{warnings}."
    return f"Ready to run{warnings}."
