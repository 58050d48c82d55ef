"""A mail is rendered in either scheme, whatever the browser prefers; links open in new tabs."""

import pytest

from bot.playground.mail_view import Scheme, render_in_scheme

MAIL = (
    "<html><HEAD lang='en'><style>@media ( prefers-color-scheme:dark ) {a{}}</style></head></html>"
)


@pytest.mark.parametrize(
    ("scheme", "condition"), [(Scheme.DARK, "(min-width: 0)"), (Scheme.LIGHT, "(max-width: 0)")]
)
def test_the_scheme_selects_the_styles(scheme: Scheme, condition: str) -> None:
    assert f"@media {condition} {{a{{}}}}" in render_in_scheme(scheme, MAIL)


def test_text_is_left_unchanged() -> None:
    words = "<p>(prefers-color-scheme: dark)</p>"
    assert words in render_in_scheme(Scheme.DARK, MAIL + words)


def test_links_open_in_a_new_tab() -> None:
    assert "<HEAD lang='en'><base target=\"_blank\"><style>" in render_in_scheme(Scheme.LIGHT, MAIL)
