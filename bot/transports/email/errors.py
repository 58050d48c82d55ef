"""Maps every failure to send an email to a DeliveryError."""

import re
import ssl
from datetime import timedelta

import aiosmtplib

from bot.errors import DeliveryError
from bot.rendering.graphemes import cut
from bot.transports.email.client import SmtpSetupError

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_MAX_TEXT = 200
# https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
SUCCESS, _TRANSIENT, _PERMANENT = range(200, 300), range(400, 500), range(500, 600)
_CLOSING = 421  # https://www.rfc-editor.org/rfc/rfc5321#section-4.2.2

_LOAD = re.compile(
    # Any code. System not accepting network messages (RFC 3463 3.4); mail system congestion
    # (RFC 3463 3.5); too many recipients (RFC 3463 3.6).
    r"4\d\d 4\.(?:3\.2|4\.5|5\.3)\b"
    # Microsoft: "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded".
    # https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/
    # authenticated-client-smtp-submission. In RFC 4954, 432 4.7.12 means that the password must be
    # changed.
    r"|432 (?!4\.7\.12\b)"
    # Exchange under back pressure, Postfix without disk space: insufficient system resources.
    # https://learn.microsoft.com/en-us/exchange/mail-flow/back-pressure
    r"|452 4\.3\.1\b"
    # Google: "450 4.2.1 … is receiving mail too quickly", "4.7.0 … rate", "4.7.28 … unusual rate".
    # https://support.google.com/a/answer/3726730
    r"|450 4\.2\.1\b|45[0124] 4\.7\.(?:0|28)\b"
    # Microsoft: "451 4.7.500 Server busy", "451 4.7.650 … temporarily rate limited".
    # https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
    r"|45[01] 4\.7\.[56]\d\d\b"
    # Amazon SES, without an enhanced code: "454 Throttling failure: Maximum sending rate exceeded".
    # https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html
    r"|454 [^a-z]*throttling",
    re.IGNORECASE,
)
"""Matches the code and the text of a refusal because of load, which is a rate limit. Greylisting (450 or
451 with 4.2.0, 4.7.1 or no enhanced code) is not among them."""


def has_closed(error: Exception) -> bool:
    """Return whether the server has closed the connection, or says so; a timeout is neither."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code == _CLOSING
    return isinstance(error, ConnectionError) and not isinstance(error, TimeoutError)


def as_delivery_error(
    error: aiosmtplib.SMTPException | OSError, *, maybe_delivered: bool, wait: timedelta
) -> DeliveryError:
    """Map the error; `maybe_delivered` says whether the transfer of the email had begun.

    A refusal because of load is a rate limit, and waits for `wait`.
    """
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused(error, maybe_delivered=maybe_delivered, wait=wait)
    if isinstance(error, OSError):
        return DeliveryError.transient(_connection_reason(error), maybe_delivered=maybe_delivered)
    if isinstance(error, SmtpSetupError):
        return DeliveryError.permanent(f"the mail server {error}; {error.fix}")
    return DeliveryError.permanent(_clean(str(error)))


def _connection_reason(error: OSError) -> str:
    tls = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(tls, ssl.SSLCertVerificationError):
        return f"the mail server's certificate is not trusted: {tls.verify_message}"
    if isinstance(tls, ssl.SSLError):
        return (
            f"no TLS with the mail server ({tls.reason or 'failed'}); check the scheme of SMTP_URL"
        )
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return "the mail server cannot be reached; check SMTP_URL"
    return "the connection to the mail server broke"


def _refused(
    error: aiosmtplib.SMTPResponseException, *, maybe_delivered: bool, wait: timedelta
) -> DeliveryError:
    reason = f"SMTP {error.code} {_clean(error.message)}".strip()
    if error.code == _CLOSING or _LOAD.match(f"{error.code} {error.message.strip()}"):
        return DeliveryError.rate_limited(reason, wait)
    if error.code in _TRANSIENT:
        return DeliveryError.transient(reason)
    if error.code not in _PERMANENT:
        reason = "the mail server's answer is not readable"
        return DeliveryError.transient(reason, maybe_delivered=maybe_delivered)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return DeliveryError.permanent(f"{reason}; check the user and the password of SMTP_URL")
    return DeliveryError.permanent(reason)


def _clean(text: str) -> str:
    """Return the server's text as one line without email addresses."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return cut(_ADDRESS.sub("(address)", line), _MAX_TEXT)
