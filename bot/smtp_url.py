"""Where the mail server is: `SMTP_URL`, or the variables that mail add-ons set."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings


class Security(StrEnum):
    """How the connection is encrypted; the URL's scheme says which, never the port."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_DEFAULT_PORT = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server, and how to log in to it."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(url: str) -> Smtp:
    """Read `scheme://user:pass@host:port`; user and password may be percent-encoded.

    Raises:
        ValueError: with what is wrong, never with the URL itself.
    """
    parts = urlsplit(url)
    if parts.scheme not in {*Security}:
        raise ValueError("must begin with smtp://, smtp+starttls:// or smtps://")
    security = Security(parts.scheme)
    try:
        port = parts.port or _DEFAULT_PORT[security]
    except ValueError:
        raise ValueError("its port must be a number up to 65535") from None
    if not parts.hostname:
        raise ValueError("it names no host")
    if port == _DEFAULT_PORT[Security.TLS] and security is not Security.TLS:
        raise ValueError("port 465 speaks TLS from the first byte: begin it with smtps://")
    if port == _DEFAULT_PORT[Security.STARTTLS] and security is Security.TLS:
        raise ValueError("port 587 begins in plain text: begin it with smtp+starttls://")
    return Smtp(
        host=parts.hostname,
        port=port,
        security=security,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class MailAddon(BaseSettings):
    """The variables that a platform's mail add-on sets, understood as they are.

    Sources: devcenter.heroku.com/articles/mailgun, …/sendgrid and …/postmark. All three take
    STARTTLS on 587.
    """

    mailgun_smtp_server: str | None = None
    mailgun_smtp_port: int = 587
    mailgun_smtp_login: str | None = None
    mailgun_smtp_password: SecretStr | None = None
    sendgrid_api_key: SecretStr | None = None
    sendgrid_username: str | None = None
    sendgrid_password: SecretStr | None = None
    postmark_smtp_server: str | None = None
    postmark_api_token: SecretStr | None = None

    @property
    def addon_smtp(self) -> Smtp | None:
        """The add-on's mail server, or None where there is no add-on."""
        if self.mailgun_smtp_server and self.mailgun_smtp_login:
            return Smtp(
                self.mailgun_smtp_server,
                self.mailgun_smtp_port,
                Security.STARTTLS,
                self.mailgun_smtp_login,
                _plain(self.mailgun_smtp_password),
            )
        if self.sendgrid_api_key:
            key = _plain(self.sendgrid_api_key)
            return Smtp("smtp.sendgrid.net", 587, Security.STARTTLS, "apikey", key)
        if self.sendgrid_username:
            password = _plain(self.sendgrid_password)
            user = self.sendgrid_username
            return Smtp("smtp.sendgrid.net", 587, Security.STARTTLS, user, password)
        if self.postmark_api_token:
            token = _plain(self.postmark_api_token)
            server = self.postmark_smtp_server or "smtp.postmarkapp.com"
            return Smtp(server, 587, Security.STARTTLS, token, token)
        return None


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
