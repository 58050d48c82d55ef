"""A mail is shown in either scheme, whatever the browser's own is, and its links open elsewhere."""

import pytest

from bot.playground.mail_view import Scheme, shown_in

MAIL = (
    "<html><HEAD lang='en'><style>@media ( prefers-color-scheme:dark ) {a{}}</style></head></html>"
)


@pytest.mark.parametrize(
    ("scheme", "condition"), [(Scheme.DARK, "(min-width: 0)"), (Scheme.LIGHT, "(max-width: 0)")]
)
def test_the_scheme_decides_which_styles_hold(scheme: Scheme, condition: str) -> None:
    assert f"@media {condition} {{a{{}}}}" in shown_in(scheme, MAIL)


def test_the_words_of_a_mail_are_left_alone() -> None:
    words = "<p>(prefers-color-scheme: dark)</p>"
    assert words in shown_in(Scheme.DARK, MAIL + words)


def test_links_open_in_a_new_tab() -> None:
    assert "<HEAD lang='en'><base target=\"_blank\"><style>" in shown_in(Scheme.LIGHT, MAIL)
