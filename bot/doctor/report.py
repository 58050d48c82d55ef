"""Formats findings for a terminal."""

from collections.abc import Iterable, Sequence

from bot.logging.printable import printable
from bot.model.finding import Finding, Severity

_SUBJECT_WIDTH = 28


def lines(findings: Iterable[Finding], *, ascii_only: bool) -> Iterable[str]:
    """Return a line for each finding, with its fix at the end."""
    for finding in findings:
        symbol, word = finding.severity.value
        fix = f"; {finding.fix}" if finding.fix else ""
        line = f"{symbol} {finding.subject:<{_SUBJECT_WIDTH}} {finding.text}{fix}"
        if ascii_only:
            line = word + line.removeprefix(symbol).encode("ascii", "backslashreplace").decode()
        yield printable(line)


def summary(findings: Sequence[Finding]) -> str:
    failed = sum(f.severity is Severity.FAILURE for f in findings)
    warned = sum(f.severity is Severity.WARNING for f in findings)
    warnings = f", {warned} warning{'' if warned == 1 else 's'}" if warned else ""
    if failed:
        return f"{failed} problem{'' if failed == 1 else 's'} to fix{warnings}."
    return f"Ready to run{warnings}."
