"""Checks of the mail server and its settings; no email is sent."""

from collections.abc import Collection, Iterable

from aiosmtplib import SMTPAuthenticationError, SMTPException, SMTPHeloError, SMTPResponseException

from bot.logging.exceptions import in_words
from bot.model import Audience
from bot.model.finding import Finding, failure, note, ok, warning
from bot.transports.email.client import SmtpConnector, SmtpSetupError, SmtpTimeouts
from bot.transports.email.settings import EmailSettings, email_destinations
from bot.transports.email.smtp_url import Security, Smtp

_TIMEOUTS = SmtpTimeouts(connect=5, command=5, data=5, quit=2)
_NAMES = {Security.NONE: "unencrypted", Security.STARTTLS: "STARTTLS", Security.TLS: "TLS"}


def check_mail_settings(settings: EmailSettings) -> Iterable[Finding]:
    """Check the settings alone."""
    smtp = settings.smtp
    if smtp is None or not settings.email_on:
        yield note("Email", "off: SMTP_URL and EMAIL_FROM are not set")
        return
    if smtp.is_exposed:
        fix = "begin SMTP_URL with smtp+starttls:// or smtps://"
        yield warning("SMTP_URL", "emails and the password are sent unencrypted", fix)
    for audience in Audience:
        count = len(email_destinations(settings, audience))
        name = "EMAIL_TO" if audience is Audience.RECRUITERS else "EMAIL_ALERT_TO"
        if count:
            addresses = "one address" if count == 1 else f"{count} addresses"
            yield ok(name, f"{addresses} for {audience}")
        else:
            yield note(name, f"not set: {audience} get no email")


async def check_mail(settings: EmailSettings, malformed: Collection[str] = ()) -> list[Finding]:
    """Connect and log in to the mail server, also if EMAIL_FROM is malformed."""
    if "EMAIL_FROM" in malformed:
        settings = settings.model_copy(update={"email_from": "doctor@example.com"})
    smtp = settings.smtp
    if smtp is None or not settings.email_on:
        return []
    place, name = f"{smtp.host}:{smtp.port}", settings.ehlo_name
    try:
        client = await SmtpConnector(smtp, name, _TIMEOUTS).connect()
        try:
            await client.noop()
            await client.quit(timeout=_TIMEOUTS.quit)
        finally:
            client.close()
    except (SMTPException, OSError) as error:
        why, fix = _explain(error, smtp, name)
        return [failure("Mail server", f"{place}: {why}", fix)]
    login = "logged in" if smtp.username else "no login"
    return [ok("Mail server", f"{place} answers; {_NAMES[smtp.security]}, {login}")]


def _explain(error: SMTPException | OSError, smtp: Smtp, name: str) -> tuple[str, str]:
    """Return what is wrong, and how to fix it; `name` was sent with EHLO."""
    match error:
        case SmtpSetupError():
            return f"it {error}", error.fix
        case SMTPAuthenticationError():
            fix = "check SMTP_URL's user and password, percent-encoded where they hold : / @ or #"
            return f"the login is refused ({error.code})", fix
        case SMTPHeloError():
            fix = "set SMTP_HELO_NAME to a domain that the mail server accepts"
            return f"it answers {error.code} to EHLO {name}", fix
        case SMTPResponseException():
            why = f"it answers {error.code}"
        case _:
            why = in_words(error)
    if smtp.security is Security.NONE:
        return why, "check SMTP_URL's host and port"
    return why, "check SMTP_URL: smtps:// goes with port 465, smtp+starttls:// with 587"
