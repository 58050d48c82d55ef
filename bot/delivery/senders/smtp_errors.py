"""Every way in which handing over a mail fails, and what that means for the next attempt."""

import re
import ssl

import aiosmtplib

from bot.errors import DeliveryError

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_LONGEST_TEXT = 200
# https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1: 4yz asks to try again, 5yz not to.
_TRANSIENT, _PERMANENT = range(400, 500), range(500, 600)


def as_delivery_error(error: aiosmtplib.SMTPException | OSError, *, unsure: bool) -> DeliveryError:
    """What to make of the error; `unsure` says that the mail was on its way when it happened."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused(error, unsure=unsure)
    if isinstance(error, OSError):
        return DeliveryError.passing(_broken(error), unsure=unsure)
    # What remains is aiosmtplib's word for a server that offers no STARTTLS, or no login.
    mend = "check the scheme and the login of SMTP_URL"
    return DeliveryError.final(f"{_clean(str(error))} ({mend})")


def _broken(error: OSError) -> str:
    tls = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(tls, ssl.SSLCertVerificationError):
        return f"the mail server's certificate is not trusted: {tls.verify_message}"
    if isinstance(tls, ssl.SSLError):
        reason = tls.reason or "failed"
        return f"no TLS with the mail server ({reason}); check the scheme of SMTP_URL"
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return "the mail server cannot be reached; check SMTP_URL"
    return "the connection to the mail server broke"


def _refused(error: aiosmtplib.SMTPResponseException, *, unsure: bool) -> DeliveryError:
    reason = f"SMTP {error.code} {_clean(error.message)}".strip()
    if error.code in _TRANSIENT:
        return DeliveryError.passing(reason)
    if error.code not in _PERMANENT:
        reason = "the mail server's answer is not readable"
        return DeliveryError.passing(reason, unsure=unsure)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryError.final(f"{reason}; check the user and the password of SMTP_URL")
    return DeliveryError.final(reason)


def _clean(text: str) -> str:
    """A server's words in one line, without the addresses that it likes to repeat."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _ADDRESS.sub("(address)", line)
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
