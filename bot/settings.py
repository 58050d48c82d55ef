"""The environment, read once into one frozen `Settings`."""

import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import NoDecode

from bot.environment import Environment, load
from bot.errors import SettingsProblem, quoted
from bot.model import Audience, Destination, Policy, Transport, host_pattern
from bot.store.settings import StoreSettings
from bot.transports.email.address import to_mailable
from bot.transports.email.ehlo_name import ehlo_name
from bot.transports.email.settings import EhloName, Sender, SmtpUrl, exposes_login
from bot.transports.email.smtp_url import MailAddon, Smtp, parse_smtp_url


def _split(value: object) -> object:
    """At the commas; what is blank between two of them is no part."""
    return (
        tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value
    )


def _all_addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(to_mailable, addresses)))


def _some_hosts(value: object) -> object:
    """Commas alone must not mean the same as nothing: that any host will do."""
    hosts = _split(value)
    if value and not hosts:
        raise ValueError("it names no host; leave it empty where any will do")
    return hosts


def _all_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    patterns = []
    for host in hosts:
        try:
            patterns.append(host_pattern(host))
        except ValueError as error:
            raise ValueError(f"{error}, got {quoted(host)}") from None
    return tuple(dict.fromkeys(patterns))


Secret = Annotated[SecretStr, Field(min_length=1)]
Addresses = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_all_addresses)
]
Hosts = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_some_hosts), AfterValidator(_all_hosts)
]


class JuiceboxSettings(Environment):
    """What it takes to register the webhook."""

    juicebox_webhook_secret: Secret
    juicebox_api_key: Secret | None = None
    juicebox_api_url: HttpUrl = HttpUrl("https://api.juicebox.ai/v1")
    public_url: HttpUrl | None = Field(default=None, examples=["https://bot.example.com"])


class Settings(StoreSettings, JuiceboxSettings, MailAddon):
    """Every setting the bot has."""

    model_config = Environment.model_config

    juicebox_webhook_secret_previous: Secret | None = None

    slack_bot_token: Secret | None = None
    slack_signing_secret: Secret | None = None
    slack_api_url: HttpUrl = HttpUrl("https://slack.com/api/")
    slack_app_token: Secret | None = None
    slack_channel: str | None = None
    slack_alert_channel: str | None = None

    smtp_url: SmtpUrl | None = None
    smtp_allow_plaintext_login: bool = False
    smtp_connections: int = Field(default=2, ge=1, le=50)
    smtp_helo_name: EhloName | None = None
    email_from: Sender | None = None
    email_to: Addresses = ()
    email_alert_to: Addresses = ()

    export_url_hosts: Hosts = ()
    quota_alert_percent: float = Field(default=80, ge=0, le=100, allow_inf_nan=False)

    port: int = Field(default=8000, ge=1, le=65_535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["logfmt", "json"] = "logfmt"

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    def conflicts(self) -> Sequence[SettingsProblem]:
        return [*super().conflicts(), *self._unpaired(), *self._nobody_to_tell()]

    def _unpaired(self) -> Iterable[SettingsProblem]:
        if (self.slack_bot_token is None) != (self.slack_signing_secret is None):
            missing = "SLACK_SIGNING_SECRET" if self.slack_bot_token else "SLACK_BOT_TOKEN"
            needs = "is missing: Slack needs a token and a signing secret"
            yield SettingsProblem(missing, needs)
        if self.smtp_url is not None and self.email_from is None:
            needs = "is missing: SMTP_URL is set, and mails need a sender"
            yield SettingsProblem("EMAIL_FROM", needs)
        if not self.smtp_allow_plaintext_login and exposes_login(self.smtp):
            yield SettingsProblem(
                "SMTP_URL",
                "is malformed: smtp:// would send the password unencrypted; begin it with"
                " smtp+starttls:// or smtps://, or set SMTP_ALLOW_PLAINTEXT_LOGIN=true",
            )
        if self.email_from is not None and self.smtp is None:
            needs = "is missing: EMAIL_FROM is set, and mails need a server"
            yield SettingsProblem("SMTP_URL", needs)

    def _nobody_to_tell(self) -> Iterable[SettingsProblem]:
        slack = self.slack_bot_token is not None or self.slack_signing_secret is not None
        mail = self.smtp_url is not None or self.email_from is not None
        if not slack and not mail:
            yield SettingsProblem(
                "SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or SMTP_URL and EMAIL_FROM",
                "are missing: neither Slack nor email is configured",
            )
        elif not (slack and self.slack_channel) and not (mail and self.email_to):
            names = [n for n, on in (("SLACK_CHANNEL", slack), ("EMAIL_TO", mail)) if on]
            yield SettingsProblem(" or ".join(names), "is missing: nobody would be told")

    @property
    def slack_on(self) -> bool:
        return self.slack_bot_token is not None and self.slack_signing_secret is not None

    @property
    def smtp(self) -> Smtp | None:
        """The mail server: `SMTP_URL`, or what a mail add-on has set."""
        if self.smtp_url is not None:
            return parse_smtp_url(self.smtp_url.get_secret_value())
        return self.addon_smtp

    @property
    def ehlo_name(self) -> str:
        """What the bot calls itself at the mail server."""
        sender_domain = (self.email_from or "").rstrip(">").rpartition("@")[2]
        return self.smtp_helo_name or ehlo_name(socket.gethostname(), sender_domain)

    @property
    def email_on(self) -> bool:
        return self.smtp is not None and self.email_from is not None

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """Every secret that a signature may have been made with, as bytes, the current one first."""
        secrets = (self.juicebox_webhook_secret, self.juicebox_webhook_secret_previous)
        return tuple(s.get_secret_value().encode() for s in secrets if s is not None)

    @property
    def policy(self) -> Policy:
        key = self.juicebox_api_key.get_secret_value() if self.juicebox_api_key else None
        return Policy(
            quota_alert_percent=self.quota_alert_percent,
            api_key=key,
            export_url_hosts=self.export_url_hosts,
        )

    @property
    def audiences(self) -> Mapping[Audience, tuple[Destination, ...]]:
        """Where each audience is told, of the channels that are on."""
        return {
            Audience.RECRUITERS: self._destinations(self.slack_channel, self.email_to),
            Audience.OPERATORS: self._destinations(
                self.slack_alert_channel or self.slack_channel, self.email_alert_to or self.email_to
            ),
        }

    def _destinations(
        self, slack_channel: str | None, addresses: tuple[str, ...]
    ) -> tuple[Destination, ...]:
        slack = [slack_channel] if self.slack_on and slack_channel else []
        mail = addresses if self.email_on else ()
        return (
            *(Destination(Transport.SLACK, c) for c in slack),
            *(Destination(Transport.EMAIL, a) for a in mail),
        )


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: with one line that names each variable that is missing or malformed.
    """
    return load(Settings)
