"""Where the mail server is: the URL's scheme decides on encryption, an add-on speaks for itself."""

import re

import pytest

from bot.smtp_url import Security, Smtp, parse_smtp_url
from tests.running import MakeSettings

NO_MAIL = {"SMTP_URL": None, "EMAIL_FROM": None}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mail.example.com", "must begin with smtp://, smtp+starttls:// or smtps://"),
        ("smtp://", "it names no host"),
        ("smtp://mail.example.com:99999", "its port must be a number up to 65535"),
        ("smtp://mail.example.com:465", "port 465 speaks TLS from the first byte"),
        ("smtp+starttls://mail.example.com:465", "port 465 speaks TLS from the first byte"),
        ("smtps://mail.example.com:587", "port 587 begins in plain text"),
    ],
)
def test_what_would_hang_or_fail_is_refused_at_start(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        parse_smtp_url(url)


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://mail.example.com", Smtp("mail.example.com", 25, Security.NONE)),
        ("smtp+starttls://mail.example.com", Smtp("mail.example.com", 587, Security.STARTTLS)),
        ("smtps://mail.example.com", Smtp("mail.example.com", 465, Security.TLS)),
        (
            "smtps://me%40x:p%3Aw%2F@mail.example.com:2465",
            Smtp("mail.example.com", 2465, Security.TLS, "me@x", "p:w/"),
        ),
    ],
)
def test_the_scheme_decides_on_encryption(
    make_settings: MakeSettings, url: str, smtp: Smtp
) -> None:
    assert make_settings(SMTP_URL=url).smtp == smtp


@pytest.mark.parametrize(
    ("addon", "smtp"),
    [
        (
            {
                "MAILGUN_SMTP_SERVER": "smtp.mailgun.org",
                "MAILGUN_SMTP_PORT": "587",
                "MAILGUN_SMTP_LOGIN": "postmaster@example.com",
                "MAILGUN_SMTP_PASSWORD": "pw",
            },
            Smtp("smtp.mailgun.org", 587, Security.STARTTLS, "postmaster@example.com", "pw"),
        ),
        (
            {"SENDGRID_API_KEY": "SG.key"},
            Smtp("smtp.sendgrid.net", 587, Security.STARTTLS, "apikey", "SG.key"),
        ),
        (
            {"SENDGRID_USERNAME": "app1@heroku.com", "SENDGRID_PASSWORD": "pw"},
            Smtp("smtp.sendgrid.net", 587, Security.STARTTLS, "app1@heroku.com", "pw"),
        ),
        (
            {"POSTMARK_API_TOKEN": "token", "POSTMARK_SMTP_SERVER": "smtp.postmarkapp.com"},
            Smtp("smtp.postmarkapp.com", 587, Security.STARTTLS, "token", "token"),
        ),
    ],
)
def test_the_variables_of_mail_addons_are_understood(
    make_settings: MakeSettings, addon: dict[str, str], smtp: Smtp
) -> None:
    settings = make_settings(SMTP_URL=None, **addon)
    assert settings.smtp == smtp
    assert settings.email_on


def test_an_addon_alone_sends_no_mail(make_settings: MakeSettings) -> None:
    settings = make_settings(**NO_MAIL, SENDGRID_API_KEY="SG.key")
    assert not settings.email_on
