"""What a check of `doctor` found."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad a finding is: its symbol, and the word for terminals that cannot show the symbol."""

    OK = ("✓", "ok  ")
    NOTE = ("–", "--  ")  # noqa: RUF001 - a dash on purpose
    WARNING = ("!", "warn")
    FAILURE = ("✗", "FAIL")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `fix` says what to do about a warning or a failure."""

    severity: Severity
    subject: str
    text: str
    fix: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(Severity.OK, subject, text)


def note(subject: str, text: str) -> Finding:
    return Finding(Severity.NOTE, subject, text)


def warning(subject: str, text: str, fix: str) -> Finding:
    return Finding(Severity.WARNING, subject, text, fix)


def failure(subject: str, text: str, fix: str) -> Finding:
    return Finding(Severity.FAILURE, subject, text, fix)
