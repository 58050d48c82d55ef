"""The types of email's settings: what each of them must be, and what it is made of it."""

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from bot.errors import quoted
from bot.transports.email.address import to_mailable
from bot.transports.email.ehlo_name import is_ehlo_name
from bot.transports.email.smtp_url import Security, Smtp, parse_smtp_url

_NAMED = re.compile(r"[^<>\r\n]*<([^<>]*)>")


def _checked_url(url: SecretStr) -> SecretStr:
    parse_smtp_url(url.get_secret_value())
    return url


def _checked_ehlo_name(name: str) -> str:
    if not is_ehlo_name(name):
        raise ValueError(
            f"must be a domain such as bot.example.com, or an address literal, got {quoted(name)}"
        )
    return name


def _mailable_sender(value: str) -> str:
    named = _NAMED.fullmatch(value)
    address = named[1] if named else value
    try:
        mailable = to_mailable(address)
    except ValueError:
        raise ValueError(
            f"must look like bot@example.com or Juicebox <bot@example.com>, got {quoted(value)}"
        ) from None
    return value.replace(f"<{address}>", f"<{mailable}>") if named else mailable


SmtpUrl = Annotated[SecretStr, AfterValidator(_checked_url)]
EhloName = Annotated[str, AfterValidator(_checked_ehlo_name)]
Sender = Annotated[str, AfterValidator(_mailable_sender)]
"""An address, with a name before it or without; an international domain becomes its A-label."""


def exposes_login(smtp: Smtp | None) -> bool:
    """Whether the login would cross a network unencrypted."""
    if smtp is None or smtp.security is not Security.NONE or smtp.username is None:
        return False
    return not smtp.is_on_this_machine
