"""The definition of email as a transport."""

from collections.abc import Iterable, Mapping

from redis.asyncio import Redis

from bot.model import Destination, Transport
from bot.store.smtp_slots import SmtpSlots
from bot.transports.definition import TransportDefinition
from bot.transports.email.checks import check_mail, check_mail_settings
from bot.transports.email.client import SmtpConnector
from bot.transports.email.content import TEMPLATE_FILES, Mail, MailRenderer
from bot.transports.email.pool import SmtpPool
from bot.transports.email.sender import EmailSender
from bot.transports.email.settings import EmailSettings, email_destinations
from bot.transports.terminal.console import Line, Weight


def _sender(settings: EmailSettings, redis: Redis) -> EmailSender | None:
    smtp = settings.smtp
    if smtp is None or settings.email_from is None:
        return None
    slots = SmtpSlots(redis, smtp.host, smtp.port, count=settings.smtp_connections)
    pool = SmtpPool(SmtpConnector(smtp, settings.ehlo_name), slots)
    return EmailSender(pool, settings.email_from, links=settings.unsubscribe_links)


def _preview_files(mail: Mail) -> Mapping[str, str]:
    return {"subject.txt": mail.subject + "\n", "body.txt": mail.text, "body.html": mail.html}


def _terminal_lines(mail: Mail) -> Iterable[Line]:
    yield Line(f"Subject: {mail.subject}", Weight.HEADLINE)
    yield Line("")
    yield from (Line(line) for line in mail.text.rstrip().split("\n"))


EMAIL = TransportDefinition(
    name=Transport.EMAIL,
    template_files=TEMPLATE_FILES,
    renderer=lambda templates: MailRenderer(templates).render,
    sender=_sender,
    resent_note="sent again under the same Message-ID, since it may not have arrived before",
    destinations=email_destinations,
    check_settings=check_mail_settings,
    check_connection=check_mail,
    service="Mail server",
    switches=("SMTP_URL", "EMAIL_FROM"),
    recipients="EMAIL_TO",
    needed_settings=("SMTP_", "MAILGUN_", "SENDGRID_", "POSTMARK_"),
    example=Destination(Transport.EMAIL, "someone@example.com"),
    preview_files=_preview_files,
    terminal_lines=_terminal_lines,
    terminal_title="Mail to",
)
