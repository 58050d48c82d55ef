"""The mail server, read from `SMTP_URL` or from the variables of mail add-ons."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from urllib.parse import unquote

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from bot.transports.email.address import to_ascii


class Security(StrEnum):
    """The encryption of the connection, chosen by the URL's scheme and never by the port."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_DEFAULT_PORT = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}
_MAX_PORT = 65_535
_SENDGRID = "smtp.sendgrid.net"
_PORT = re.compile(r":([^:\]]*)$")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server and its login."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_exposed(self) -> bool:
        """Whether emails and the password cross a network unencrypted."""
        if self.security is not Security.NONE or f".{self.host}".endswith(".localhost"):
            return False
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return True


def parse_smtp_url(url: str) -> Smtp:
    """Read `scheme://user:password@host:port`; user and password may be percent-encoded.

    Stricter than RFC 3986: a `/`, `?` or `#` in a password would end the host before it. A `:` or an
    `@` in the password is accepted.

    Raises:
        ValueError: says what is wrong and how to fix it, without any part of the URL.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in {*Security}:
        raise ValueError("must begin with smtp://, smtp+starttls:// or smtps://")
    if _CONTROL_CHARACTER.search(unquote(url)):
        raise ValueError("it contains a control character")
    if re.search(r"[/?#]", rest.removesuffix("/")):
        raise ValueError(
            "it must end with the host and the port: encode / ? # in the password as %2F %3F %23"
            " (and : @ % as %3A %40 %25)"
        )
    security = Security(scheme.lower())
    userinfo, at, netloc = rest.removesuffix("/").rpartition("@")
    username, password = _login(userinfo) if at else (None, None)
    host, port = _host_and_port(netloc, _DEFAULT_PORT[security])
    if port == _DEFAULT_PORT[Security.TLS] and security is not Security.TLS:
        raise ValueError("port 465 speaks TLS from the first byte: begin it with smtps://")
    if port == _DEFAULT_PORT[Security.STARTTLS] and security is Security.TLS:
        raise ValueError("port 587 begins in plain text: begin it with smtp+starttls://")
    return Smtp(host, port, security, username, password)


def _login(userinfo: str) -> tuple[str, str]:
    username, _, password = userinfo.partition(":")
    if not username or not password:
        raise ValueError("a login needs a user and a password: user:password@host")
    if _STRAY_PERCENT.search(userinfo) or "\ufffd" in unquote(userinfo):  # what is not UTF-8
        raise ValueError("write a % in the user or the password as %25")
    return unquote(username), unquote(password)


def _host_and_port(netloc: str, default_port: int) -> tuple[str, int]:
    """Return the host in lower case and ASCII, and the port."""
    host, port = netloc, default_port
    if found := _PORT.search(netloc):
        host = netloc[: found.start()]
        port = int(found[1]) if found[1].isascii() and found[1].isdecimal() else 0
    if not 0 < port <= _MAX_PORT:
        raise ValueError("its port must be a number up to 65535")
    if not host:
        raise ValueError("it names no host")
    try:
        if host.startswith("[") and host.endswith("]"):
            return str(IPv6Address(host[1:-1])), port
        host = to_ascii(host).lower()
    except ValueError:
        host = ""
    if not _HOST.fullmatch(host):
        raise ValueError("its host must be a name or an IP address: IPv6 in brackets")
    return host, port


class MailAddon(BaseSettings):
    """The variables that a platform's mail add-on sets.

    Sources: devcenter.heroku.com/articles/mailgun, …/sendgrid and …/postmark. All three take
    STARTTLS on 587; Mailgun also on 25 and 2525, and TLS on 465:
    https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp
    """

    mailgun_smtp_server: str | None = None
    mailgun_smtp_port: int = Field(default=587, ge=1, le=_MAX_PORT)
    mailgun_smtp_login: str | None = None
    mailgun_smtp_password: SecretStr | None = None
    sendgrid_api_key: SecretStr | None = None
    sendgrid_username: str | None = None
    sendgrid_password: SecretStr | None = None
    postmark_smtp_server: str = "smtp.postmarkapp.com"
    postmark_api_token: SecretStr | None = None

    @property
    def addon_smtp(self) -> Smtp | None:
        """The add-on's mail server, or None without an add-on."""
        port = _DEFAULT_PORT[Security.STARTTLS]
        if self.mailgun_smtp_server and self.mailgun_smtp_login:
            host, port = self.mailgun_smtp_server, self.mailgun_smtp_port
            username, password = self.mailgun_smtp_login, self.mailgun_smtp_password
        elif self.sendgrid_api_key:
            host, username, password = _SENDGRID, "apikey", self.sendgrid_api_key
        elif self.sendgrid_username:
            host, username, password = _SENDGRID, self.sendgrid_username, self.sendgrid_password
        elif token := self.postmark_api_token:
            host, username, password = self.postmark_smtp_server, token.get_secret_value(), token
        else:
            return None
        security = Security.TLS if port == _DEFAULT_PORT[Security.TLS] else Security.STARTTLS
        secret = password.get_secret_value() if password else None
        return Smtp(host, port, security, username, secret)
