"""Login and encryption."""

import pytest

from bot.fakes.smtp import Inbox
from tests.tls import Certificate
from tests.transports.conftest import OutgoingMail
from tests.transports.email.conftest import MakeSender, check_lease, failure


async def test_the_sender_logs_in_if_there_is_a_login(
    message: OutgoingMail, sender_to: MakeSender
) -> None:
    async with Inbox(login=("bot", "p4ss")) as inbox:
        await sender_to(inbox.url).send(message, check_lease)
        assert inbox.mails[0].user == "bot"


async def test_a_wrong_password_is_permanent(message: OutgoingMail, sender_to: MakeSender) -> None:
    async with Inbox(login=("bot", "p4ss")) as inbox:
        error = await failure(sender_to(inbox.url.replace("p4ss", "wr0ng")), message)
    assert error.reason == (
        "SMTP 535 5.7.8 Authentication credentials invalid;"
        " check the user and the password of SMTP_URL"
    )
    assert (error.retry, error.maybe_delivered) == (False, False)


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "smtp+starttls"])
async def test_the_scheme_decides_on_the_encryption(
    message: OutgoingMail,
    certificate: Certificate,
    sender_to: MakeSender,
    *,
    implicit: bool,
) -> None:
    async with Inbox(tls=certificate.server, implicit_tls=implicit, login=("bot", "p4ss")) as inbox:
        assert inbox.url.startswith("smtps://" if implicit else "smtp+starttls://")
        await sender_to(inbox.url, tls=certificate.client).send(message, check_lease)
        [mail] = inbox.mails
        assert (mail.encrypted, mail.user) == (True, "bot")


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "smtp+starttls"])
async def test_a_server_with_an_untrusted_certificate_gets_no_mail(
    message: OutgoingMail,
    certificate: Certificate,
    sender_to: MakeSender,
    *,
    implicit: bool,
) -> None:
    async with Inbox(tls=certificate.server, implicit_tls=implicit) as inbox:
        error = await failure(sender_to(inbox.url), message)
    assert error.reason == "the mail server's certificate is not trusted: self-signed certificate"
    assert (error.retry, error.maybe_delivered) == (True, False)


async def test_a_server_without_starttls_gets_no_mail(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender
) -> None:
    error = await failure(sender_to(inbox.url.replace("smtp", "smtp+starttls")), message)
    assert error.retry is False
    assert error.reason == (
        "the mail server offers no STARTTLS; check SMTP_URL: smtps:// goes with port 465,"
        " smtp+starttls:// with 587; a firewall that filters SMTP can remove STARTTLS, too"
    )
    assert inbox.commands == []


async def test_tls_to_a_server_without_it_is_explained(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender
) -> None:
    error = await failure(sender_to(inbox.url.replace("smtp", "smtps")), message)
    assert error.retry is True
    assert error.reason.startswith("no TLS with the mail server (")
