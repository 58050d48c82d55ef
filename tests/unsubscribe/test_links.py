"""Links to unsubscribe: who can make them, and what they are good for."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from bot.transports.email.address import MAX_LENGTH
from bot.unsubscribe.links import Tokens, UnsubscribeLinks
from tests.app import MakeSettings, SettingsFault

CURRENT, PREVIOUS = b"whsec_current", b"whsec_previous"
ADDRESS = "ada@example.com"
TOKENS = Tokens([CURRENT])
LONGEST = f"{'a' * 64}@{'b' * (MAX_LENGTH - 65)}"


@pytest.mark.parametrize("address", [ADDRESS, "a", "o'brien+x/y=z@example.com", LONGEST])
def test_a_token_is_url_safe_and_holds_the_address(address: str) -> None:
    token = TOKENS.sign(address)
    assert re.fullmatch(r"[A-Za-z0-9_-]{44,382}", token)
    assert TOKENS.read(token) == address


def test_a_secret_that_is_rotated_is_accepted_until_it_is_removed() -> None:
    token = Tokens([PREVIOUS]).sign(ADDRESS)
    assert Tokens([CURRENT, PREVIOUS]).read(token) == ADDRESS
    assert Tokens([CURRENT]).read(token) is None
    assert Tokens([CURRENT, PREVIOUS]).sign(ADDRESS) == TOKENS.sign(ADDRESS)


def test_no_changed_token_is_accepted() -> None:
    token = TOKENS.sign(ADDRESS)
    for i, character in enumerate(token):
        for other in "A_9-":
            changed = f"{token[:i]}{other}{token[i + 1 :]}"
            assert other == character or TOKENS.read(changed) is None
    for changed in ("", "a", token[:-1], token + "A", f"{token}=", f" {token}", token * 9):
        assert TOKENS.read(changed) is None


def test_a_token_of_one_address_is_none_of_another() -> None:
    raw = urlsafe_b64decode(TOKENS.sign(ADDRESS) + "==")
    forged = urlsafe_b64encode(raw[:32] + b"eve@example.com").decode().rstrip("=")
    assert TOKENS.read(forged) is None


def test_a_signature_of_a_webhook_is_no_token() -> None:
    """Its key is another one, although the secret is the same."""
    raw = hmac.digest(CURRENT, ADDRESS.encode(), "sha256") + ADDRESS.encode()
    assert TOKENS.read(urlsafe_b64encode(raw).decode().rstrip("=")) is None


@pytest.mark.parametrize(
    ("public_url", "begins"),
    [
        ("https://bot.example.com", "https://bot.example.com/unsubscribe/"),
        ("https://bot.example.com/", "https://bot.example.com/unsubscribe/"),
        ("https://example.com/juicebox/", "https://example.com/juicebox/unsubscribe/"),
        ("https://bücher.example", "https://xn--bcher-kva.example/unsubscribe/"),
    ],
)
def test_links_are_below_the_public_url(
    make_settings: MakeSettings, public_url: str, begins: str
) -> None:
    links = make_settings(PUBLIC_URL=public_url).unsubscribe_links
    assert isinstance(links, UnsubscribeLinks)
    assert links.of(ADDRESS) == begins + TOKENS.sign(ADDRESS)


@pytest.mark.parametrize(
    "public_url",
    [None, "http://bot.example.com", "https://bot.example.com/?a=1", f"https://e.com/{'a' * 400}"],
)
def test_without_a_public_https_address_there_are_none(
    make_settings: MakeSettings, public_url: str | None
) -> None:
    assert make_settings(PUBLIC_URL=public_url).unsubscribe_links is None


def test_a_malformed_public_url_is_still_refused(fault: SettingsFault) -> None:
    assert "PUBLIC_URL must be an http:// or https:// address" in fault(PUBLIC_URL="bot")
