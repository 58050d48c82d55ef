"""Every way in which handing over a mail fails, and what that means for the next attempt."""

import re
import ssl
from datetime import timedelta

import aiosmtplib

from bot.errors import DeliveryError
from bot.transports.email.client import SmtpSetupError

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_LONGEST_TEXT = 200
# https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1: 2yz has succeeded, 4yz asks to try again,
# 5yz not to.
_SUCCESS, _TRANSIENT, _PERMANENT = range(200, 300), range(400, 500), range(500, 600)
_CLOSING = 421
"""https://www.rfc-editor.org/rfc/rfc5321#section-4.2.2: the server closes the connection."""

_LOAD = re.compile(
    # Of any code. System not accepting network messages, that is load or maintenance (RFC 3463 3.4);
    # mail system congestion (RFC 3463 3.5); too many recipients for now (RFC 3463 3.6).
    r"4\d\d 4\.(?:3\.2|4\.5|5\.3)\b"
    # Microsoft: "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded".
    # https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/
    # authenticated-client-smtp-submission. With 4.7.12, RFC 4954's 432 is a password that must be
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
"""A code, a space and what is said, of a server that refuses for load: it would take the mail later.
Greylisting (450 or 451 with 4.2.0 or 4.7.1, or without) is none of these."""


def is_success(code: int) -> bool:
    return code in _SUCCESS


def has_closed(error: Exception) -> bool:
    """Whether the server has closed the connection, or says that it does; a timeout is neither."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code == _CLOSING
    return isinstance(error, ConnectionError) and not isinstance(error, TimeoutError)


def as_delivery_error(
    error: aiosmtplib.SMTPException | OSError, *, maybe_delivered: bool, wait: timedelta
) -> DeliveryError:
    """What to make of the error; `maybe_delivered` says that the mail was on its way when it happened.

    A server that refuses for load is a rate limit, and gets `wait` to recover.
    """
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused(error, maybe_delivered=maybe_delivered, wait=wait)
    if isinstance(error, OSError):
        return DeliveryError.transient(_broken(error), maybe_delivered=maybe_delivered)
    if isinstance(error, SmtpSetupError):
        return DeliveryError.permanent(f"the mail server {error}; {error.fix}")
    return DeliveryError.permanent(_clean(str(error)))


def refuses_for_load(code: int, message: str) -> bool:
    """Whether the server has too much to do, or has had too much from us."""
    return code == _CLOSING or _LOAD.match(f"{code} {message.strip()}") is not None


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


def _refused(
    error: aiosmtplib.SMTPResponseException, *, maybe_delivered: bool, wait: timedelta
) -> DeliveryError:
    reason = f"SMTP {error.code} {_clean(error.message)}".strip()
    if refuses_for_load(error.code, error.message):
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
    """A server's words in one line, without the addresses that it likes to repeat."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _ADDRESS.sub("(address)", line)
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
