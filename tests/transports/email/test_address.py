"""The addresses that the settings accept, and international domains."""

import pytest

from bot.errors import SettingsError
from bot.model import Audience, Transport
from bot.transports.email.address import to_mailable
from bot.wiring import audiences
from tests.app import MakeSettings


@pytest.mark.parametrize(
    ("address", "mailable"),
    [
        ("Info@Example.com", "Info@Example.com"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("info@例え.example", "info@xn--r8jz45g.example"),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
        ("info@mail.bücher。example", "info@mail.xn--bcher-kva.example"),
    ],
)
def test_an_international_domain_becomes_its_a_label(address: str, mailable: str) -> None:
    assert to_mailable(address) == mailable


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("jürgen@example.com", "'jürgen@example.com' cannot be used: the part before its @"),
        ("info@☃.example", "'☃.example' is not an international domain name"),
        ("info@bü..example", "'bü..example' is not an international domain name"),
        ("info@" + "ü" * 70 + ".example", "is not an international domain name"),
        ("nobody", "'nobody' is not an email address"),
        ("nöbody", "'nöbody' is not"),
        ("a@b@c.example", "'a@b@c.example' is not an email address"),
        ("@example.com", "'@example.com' is not an email address"),
    ],
)
def test_an_unusable_address_is_named_in_one_line(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as error:
        to_mailable(address)
    assert "\n" not in str(error.value)


def test_the_settings_accept_international_domains(make_settings: MakeSettings) -> None:
    settings = make_settings(
        EMAIL_TO="info@bücher.example, info@xn--bcher-kva.example",
        EMAIL_ALERT_TO="ops@bücher.example",
        EMAIL_FROM="Bücher <bot@bücher.example>",
    )
    to = {
        audience: [d.address for d in found if d.transport is Transport.EMAIL]
        for audience, found in audiences(settings).items()
    }
    assert to[Audience.RECRUITERS] == ["info@xn--bcher-kva.example"]
    assert to[Audience.OPERATORS] == ["ops@xn--bcher-kva.example"]
    assert settings.email_from == "Bücher <bot@xn--bcher-kva.example>"


def test_a_sender_with_a_local_part_beyond_ascii_is_refused(make_settings: MakeSettings) -> None:
    with pytest.raises(SettingsError, match="must look like"):
        make_settings(EMAIL_FROM="jürgen@example.com")
