"""Whether the mail server lets us in; no mail is sent."""

from aiosmtplib import SMTPAuthenticationError, SMTPException, SMTPResponseException

from bot.operations.faults import in_words
from bot.operations.finding import Finding, failure, ok
from bot.settings import Settings
from bot.smtp_client import smtp_client
from bot.smtp_url import Security, Smtp

_PATIENCE_SECONDS = 5
_NAMES = {
    Security.NONE: "unencrypted",
    Security.STARTTLS: "STARTTLS",
    Security.TLS: "TLS",
}


async def check_mail(settings: Settings) -> list[Finding]:
    smtp = settings.smtp
    if smtp is None or not settings.email_on:
        return []
    client = smtp_client(smtp, _PATIENCE_SECONDS)
    try:
        await client.connect()
        await client.noop()
        await client.quit()
    except (SMTPException, OSError) as error:
        return [
            failure("Mail server", f"{smtp.host}:{smtp.port}: {_why(error)}", _mend(error, smtp))
        ]
    finally:
        client.close()
    login = "logged in" if smtp.username else "no login"
    return [ok("Mail server", f"{smtp.host}:{smtp.port} answers; {_NAMES[smtp.security]}, {login}")]


def _why(error: SMTPException | OSError) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return f"the login is refused ({error.code})"
    if isinstance(error, SMTPResponseException):
        return f"it answers {error.code}"
    return in_words(error)


def _mend(error: SMTPException | OSError, smtp: Smtp) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return "check SMTP_URL's user and password, percent-encoded where they hold : / @ or #"
    if smtp.security is Security.NONE:
        return "check SMTP_URL's host and port"
    return "check SMTP_URL: smtps:// goes with port 465, smtp+starttls:// with 587"
