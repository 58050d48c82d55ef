"""The settings of email."""

import re
import socket
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bot.environment import Environment, quoted, split_at_commas
from bot.errors import SettingsProblem
from bot.model import Audience, Destination, Transport
from bot.transports.email.address import to_mailable
from bot.transports.email.ehlo_name import check_ehlo_name, ehlo_name
from bot.transports.email.smtp_url import MailAddon, Smtp, parse_smtp_url
from bot.unsubscribe.settings import LinkSettings

_NAMED = re.compile(r"[^<>\r\n]*<([^<>]*)>")


def _checked_url(url: SecretStr) -> SecretStr:
    parse_smtp_url(url.get_secret_value())
    return url


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


def _mailable_addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(to_mailable, addresses)))


SmtpUrl = Annotated[SecretStr, AfterValidator(_checked_url)]
EhloName = Annotated[str, AfterValidator(check_ehlo_name)]
FromAddress = Annotated[str, AfterValidator(_mailable_sender)]
"""An address with an optional name; an international domain becomes its A-label."""
Addresses = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(split_at_commas), AfterValidator(_mailable_addresses)
]


class EmailSettings(LinkSettings, MailAddon):
    """Email is on if a mail server and EMAIL_FROM are set."""

    model_config = Environment.model_config

    smtp_url: SmtpUrl | None = None
    smtp_allow_plaintext_login: bool = False
    smtp_connections: int = Field(default=2, ge=1, le=50)
    smtp_helo_name: EhloName | None = None
    email_from: FromAddress | None = None
    email_to: Addresses = ()
    email_alert_to: Addresses = ()

    @property
    def smtp(self) -> Smtp | None:
        """The mail server of `SMTP_URL`, or of a mail add-on."""
        if self.smtp_url is not None:
            return parse_smtp_url(self.smtp_url.get_secret_value())
        return self.addon_smtp

    @property
    def ehlo_name(self) -> str:
        sender_domain = (self.email_from or "").rstrip(">").rpartition("@")[2]
        return self.smtp_helo_name or ehlo_name(socket.gethostname(), sender_domain)

    @property
    def email_on(self) -> bool:
        return self.smtp is not None and self.email_from is not None

    def conflicts(self) -> Sequence[SettingsProblem]:
        return [*self._email_conflicts(), *super().conflicts()]

    def _email_conflicts(self) -> Iterable[SettingsProblem]:
        if self.smtp_url is not None and self.email_from is None:
            text = "is missing: SMTP_URL is set, and emails need a From address"
            yield SettingsProblem("EMAIL_FROM", text)
        smtp = self.smtp
        if smtp and smtp.username and smtp.is_exposed and not self.smtp_allow_plaintext_login:
            yield SettingsProblem(
                "SMTP_URL",
                "is malformed: smtp:// would send the password unencrypted; begin it with"
                " smtp+starttls:// or smtps://, or set SMTP_ALLOW_PLAINTEXT_LOGIN=true",
            )
        if self.email_from is not None and smtp is None:
            text = "is missing: EMAIL_FROM is set, and emails need a server"
            yield SettingsProblem("SMTP_URL", text)


def email_destinations(settings: EmailSettings, audience: Audience) -> Sequence[Destination]:
    addresses = settings.email_to
    if audience is Audience.OPERATORS:
        addresses = settings.email_alert_to or addresses
    return [Destination(Transport.EMAIL, a) for a in addresses] if settings.email_on else []
