"""The mail server of SMTP_URL, or of an add-on."""

import re

import pytest

from bot.errors import SettingsError
from bot.transports.email.smtp_url import Security, Smtp, parse_smtp_url
from tests.app import MakeSettings

NO_MAIL = {"SMTP_URL": None, "EMAIL_FROM": None}
MAILGUN = {
    "MAILGUN_SMTP_SERVER": "smtp.mailgun.org",
    "MAILGUN_SMTP_LOGIN": "postmaster@example.com",
    "MAILGUN_SMTP_PASSWORD": "pw",
}
ENCODE = "encode / ? # in the password as %2F %3F %23"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mail.example.com", "must begin with smtp://, smtp+starttls:// or smtps://"),
        ("smtp://", "it names no host"),
        ("smtp://mail.example.com:99999", "its port must be a number up to 65535"),
        ("smtp://mail.example.com:465", "port 465 speaks TLS from the first byte"),
        ("smtp+starttls://mail.example.com:465", "port 465 speaks TLS from the first byte"),
        ("smtps://mail.example.com:587", "port 587 begins in plain text"),
        ("smtp+starttls://AKIAQ:9/Vz@email-smtp.us-east-1.amazonaws.com:587", ENCODE),
        ("smtps://me:s3cr3t?x@mail.example.com", ENCODE),
        ("smtps://me:s3cr3t#x@mail.example.com", ENCODE),
        ("smtps://mail.example.com/inbox", ENCODE),
        ("smtps://mail.example.com?timeout=5", ENCODE),
        ("smtps://mail.example.com#x", ENCODE),
        ("smtps://me:s3cr3t%x@mail.example.com", "write a % in the user or the password as %25"),
        ("smtps://me:s3cr3t%@mail.example.com", "write a % in the user or the password as %25"),
        ("smtps://me:s3cr3t\tx@mail.example.com", "it contains a control character"),
        ("smtps://me:s3cr3t%0Ax@mail.example.com", "it contains a control character"),
        ("smtps://me:s3cr3t%FFx@mail.example.com", "write a % in the user or the password as %25"),
        ("smtps://me@mail.example.com", "a login needs a user and a password"),
        ("smtps://:s3cr3t@mail.example.com", "a login needs a user and a password"),
        ("smtps://@mail.example.com", "a login needs a user and a password"),
        ("smtps://me:s3cr3t@", "it names no host"),
        ("smtp://mail.example.com:0", "its port must be a number up to 65535"),
        ("smtp://mail.example.com:", "its port must be a number up to 65535"),
        ("smtp://mail.example.com:2525x", "its port must be a number up to 65535"),
        ("smtps://me:s3cr3t:mail.example.com:465", "its host must be a name or an IP address"),
        ("smtp://mail..example.com", "its host must be a name or an IP address"),
        ("smtp://[::1", "its host must be a name or an IP address"),
        ("smtp://[::g]:25", "its host must be a name or an IP address"),
    ],
)
def test_a_malformed_url_is_refused_at_start(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)) as error:
        parse_smtp_url(url)
    for part in ("AKIAQ", "Vz", "s3cr3t"):
        assert part not in str(error.value)


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
        (
            "smtps://me@x.example:p:w@Mail.Example.com",
            Smtp("mail.example.com", 465, Security.TLS, "me@x.example", "p:w"),
        ),
        (
            "smtps://me:p%25w+%C3%A9@mail.example.com/",
            Smtp("mail.example.com", 465, Security.TLS, "me", "p%w+é"),
        ),
        (
            "smtps://me@gmail.example:abcd efgh@smtp.gmail.example",
            Smtp("smtp.gmail.example", 465, Security.TLS, "me@gmail.example", "abcd efgh"),
        ),
        ("smtps://[2001:db8::1]:465", Smtp("2001:db8::1", 465, Security.TLS)),
        ("smtp://mail_server:25", Smtp("mail_server", 25, Security.NONE)),
        ("smtps://bücher.example", Smtp("xn--bcher-kva.example", 465, Security.TLS)),
    ],
)
def test_the_scheme_decides_on_encryption(
    make_settings: MakeSettings, url: str, smtp: Smtp
) -> None:
    assert make_settings(SMTP_URL=url).smtp == smtp


@pytest.mark.parametrize(
    ("addon", "smtp"),
    [
        *(
            (
                MAILGUN | {"MAILGUN_SMTP_PORT": str(port)},
                Smtp("smtp.mailgun.org", port, security, "postmaster@example.com", "pw"),
            )
            for port, security in (
                *((587, Security.STARTTLS), (465, Security.TLS), (2525, Security.STARTTLS)),
            )
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
def test_the_variables_of_mail_addons_are_read(
    make_settings: MakeSettings, addon: dict[str, str], smtp: Smtp
) -> None:
    settings = make_settings(SMTP_URL=None, **addon)
    assert settings.smtp == smtp
    assert settings.email_on


def test_an_addon_without_a_sender_turns_nothing_on(make_settings: MakeSettings) -> None:
    settings = make_settings(**NO_MAIL, SENDGRID_API_KEY="SG.key")
    assert not settings.email_on


@pytest.mark.parametrize(
    ("url", "allowed", "refused"),
    [
        ("smtp://me:s3cr3t@mail.example.com", None, True),
        ("smtp://me:s3cr3t@mail.example.com", "false", True),
        ("smtp://me:s3cr3t@mail.example.com", "true", False),
        ("smtp://me:s3cr3t@127.8.0.1", None, False),
        ("smtp://me:s3cr3t@[::1]", None, False),
        ("smtp://me:s3cr3t@localhost:2525", None, False),
        ("smtp://me:s3cr3t@localhost.example.com", None, True),
        ("smtp://mail.example.com", None, False),
        ("smtp+starttls://me:s3cr3t@mail.example.com", None, False),
    ],
)
def test_a_password_is_sent_unencrypted_only_if_allowed(
    make_settings: MakeSettings, *, url: str, allowed: str | None, refused: bool
) -> None:
    changes = {"SMTP_URL": url, "SMTP_ALLOW_PLAINTEXT_LOGIN": allowed}
    if not refused:
        assert make_settings(**changes).smtp is not None
        return
    with pytest.raises(SettingsError, match="SMTP_ALLOW_PLAINTEXT_LOGIN=true") as error:
        make_settings(**changes)
    assert "s3cr3t" not in str(error.value)


@pytest.mark.parametrize("port", ["0", "65536"])
def test_an_addons_port_is_checked(make_settings: MakeSettings, port: str) -> None:
    with pytest.raises(SettingsError, match=r"(?i)mailgun_smtp_port"):
        make_settings(MAILGUN_SMTP_PORT=port)
