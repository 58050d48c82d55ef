"""A mail is rendered in either scheme, whatever the browser prefers; links open in new tabs."""

import pytest

from bot.playground.deployment import PUBLIC_URL
from bot.playground.mail_view import Scheme, render_in_scheme, with_local_links

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


def test_links_to_unsubscribe_lead_to_the_local_bot() -> None:
    body = f'<a href="{PUBLIC_URL}/unsubscribe/abc">Unsubscribe</a> {PUBLIC_URL}/another'
    local = with_local_links(body, "http://127.0.0.1:8701")
    assert local == (
        f'<a href="http://127.0.0.1:8701/unsubscribe/abc">Unsubscribe</a> {PUBLIC_URL}/another'
    )
