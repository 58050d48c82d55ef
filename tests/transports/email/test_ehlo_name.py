"""The name in EHLO is one that strict mail servers accept."""

import pytest

from bot.transports.email.ehlo_name import check_ehlo_name, ehlo_name
from tests.app import MakeSettings


@pytest.mark.parametrize(
    "machine", ["mail.juicebox-bot.com", "web-1.eu.example.com", "h.example.com."]
)
def test_a_public_host_name_is_used(machine: str) -> None:
    assert ehlo_name(machine, "sender.example.org") == machine.rstrip(".")


@pytest.mark.parametrize(
    "machine",
    [
        "",
        "localhost",
        "localhost.localdomain",
        "d6f0a1b2c3d4",
        "bot-7d9c5b-x2x4z",
        "ip-10-0-0-7.ec2.internal",
        "ip-10-0-0-7.eu-west-1.compute.internal",
        "bot.default.svc.cluster.local",
        "macbook.lan",
        "127.0.0.1",
        "under_score.example.com",
        "-bot.example.com",
        "bot..example.com",
        "bücher.example.com",
        "x" * 64 + ".example.com",
        "two words.example.com",
        "bot.example.com\r\nMAIL",
    ],
)
def test_otherwise_the_senders_domain_is_used(machine: str) -> None:
    assert ehlo_name(machine, "sender.example.org") == "sender.example.org"


@pytest.mark.parametrize("name", ["bot.example.com", "[203.0.113.7]", "[IPv6:2001:db8::1]"])
def test_a_domain_or_an_address_literal_may_be_set(make_settings: MakeSettings, name: str) -> None:
    assert make_settings(SMTP_HELO_NAME=name).ehlo_name == name


def test_the_settings_use_the_host_name(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(EMAIL_FROM="Bücher <bot@bücher.example>")
    monkeypatch.setattr("socket.gethostname", lambda: "d6f0a1b2c3d4")
    assert settings.ehlo_name == "xn--bcher-kva.example"
    monkeypatch.setattr("socket.gethostname", lambda: "bot.example.com")
    assert settings.ehlo_name == "bot.example.com"
    assert check_ehlo_name(settings.ehlo_name)
