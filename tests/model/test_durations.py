"""Durations as text."""

from datetime import timedelta

import pytest

from bot.model import duration
from tests.durations import FROM_A_SECOND_ON


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.0004, "0.000 s"),
        (-5, "0.000 s"),
        (0, "0.000 s"),
        (0.012, "0.012 s"),
        (0.9994, "0.999 s"),
        *FROM_A_SECOND_ON,
    ],
)
def test_a_duration_is_shown_in_its_units(seconds: float, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text
