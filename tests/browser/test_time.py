"""The page formats durations as the bot does, and those below a second in milliseconds."""

from typing import TYPE_CHECKING

from tests.durations import FROM_A_SECOND_ON

if TYPE_CHECKING:
    from playwright.async_api import Page

BELOW_A_SECOND = [
    (-0.005, "0.0 ms"),
    (0, "0.0 ms"),
    (0.00042, "0.4 ms"),
    (0.0124, "12.4 ms"),
    (0.09994, "99.9 ms"),
    (0.21361, "214 ms"),
    (0.9994, "999 ms"),
]


async def test_durations_are_formatted(static_page: "Page") -> None:
    cases = [*BELOW_A_SECOND, *FROM_A_SECOND_ON]
    formatted = await static_page.evaluate(
        """async (lengths) => {
          const { duration } = await import("/time.js");
          return lengths.map((seconds) => duration(seconds * 1000));
        }""",
        [seconds for seconds, _ in cases],
    )
    assert formatted == [text for _, text in cases]
