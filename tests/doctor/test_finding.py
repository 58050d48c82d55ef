"""One line of doctor's, on any terminal."""

import pytest

from bot.doctor.finding import Finding, Mark, lines, summary


def test_terminals_without_the_signs_get_words() -> None:
    finding = Finding(Mark.FAILURE, "Redis", "naïve", "mend\nit")
    (line,) = lines([finding], ascii_only=True)
    assert line == "FAIL Redis                        na\\xefve; mend\\nit"


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ([Mark.OK, Mark.NOTE], "Ready to run."),
        ([Mark.OK, Mark.WARNING], "Ready to run, 1 warning."),
        ([Mark.FAILURE], "1 thing to mend."),
        ([Mark.FAILURE] * 2 + [Mark.WARNING] * 2, "2 things to mend, 2 warnings."),
    ],
)
def test_the_last_line_sums_up(marks: list[Mark], text: str) -> None:
    assert summary([Finding(mark, "x", "y") for mark in marks]) == text
