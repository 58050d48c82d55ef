"""The lines of findings, and their summary."""

import pytest

from bot.doctor.report import lines, summary
from bot.model.finding import Finding, Severity


def test_terminals_without_the_symbols_get_words() -> None:
    finding = Finding(Severity.FAILURE, "Redis", "naïve", "fix\nit")
    (line,) = lines([finding], ascii_only=True)
    assert line == "FAIL Redis                        na\\xefve; fix\\nit"


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ([Severity.OK, Severity.NOTE], "Ready to run."),
        ([Severity.OK, Severity.WARNING], "Ready to run, 1 warning."),
        ([Severity.FAILURE], "1 problem to fix."),
        ([Severity.FAILURE] * 2 + [Severity.WARNING] * 2, "2 problems to fix, 2 warnings."),
    ],
)
def test_the_last_line_is_a_summary(marks: list[Severity], text: str) -> None:
    assert summary([Finding(severity, "x", "y") for severity in marks]) == text
