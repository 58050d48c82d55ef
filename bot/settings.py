"""All settings of the bot."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, field_validator
from pydantic_settings import NoDecode

from bot.environment import Environment, Secret, load, quoted, split_at_commas
from bot.errors import SettingsProblem
from bot.model import Platform, Policy, host_pattern, url_template
from bot.store.settings import StoreSettings
from bot.transports.registry import TRANSPORTS, TransportSettings
from bot.unsubscribe.settings import LinkSettings


def _split_hosts(value: object) -> object:
    """Refuse commas alone: an empty tuple would allow any host."""
    hosts = split_at_commas(value)
    if value and not hosts:
        raise ValueError("it names no host; leave it unset to allow any host")
    return hosts


def _host_patterns(hosts: tuple[str, ...]) -> tuple[str, ...]:
    patterns = []
    for host in hosts:
        try:
            patterns.append(host_pattern(host))
        except ValueError as error:
            raise ValueError(f"{error}, got {quoted(host)}") from None
    return tuple(dict.fromkeys(patterns))


Hosts = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_split_hosts), AfterValidator(_host_patterns)
]


def _url_template(text: str) -> str:
    try:
        return url_template(text)
    except ValueError as error:
        raise ValueError(f"{error}, got {quoted(text)}") from None


class JuiceboxSettings(LinkSettings):
    """The settings that register the webhook."""

    juicebox_api_key: Secret | None = None
    juicebox_api_url: HttpUrl = HttpUrl("https://api.juicebox.ai/v1")


class Settings(StoreSettings, JuiceboxSettings, TransportSettings):
    """All settings; those of a transport are defined in its folder."""

    model_config = Environment.model_config

    export_url_hosts: Hosts = ()
    search_url_template: Annotated[str, AfterValidator(_url_template)] | None = None
    quota_alert_percent: float = Field(default=80, ge=0, le=100, allow_inf_nan=False)

    port: int = Field(default=8000, ge=1, le=65_535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    dyno: str | None = None
    """Heroku's name for this process."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["logfmt", "json"] = "logfmt"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    def conflicts(self) -> Sequence[SettingsProblem]:
        return [*super().conflicts(), *self._missing_destinations()]

    def _missing_destinations(self) -> Iterable[SettingsProblem]:
        configured = [t for t in TRANSPORTS if any(map(self._has, t.switches))]
        if not configured:
            names = ", or ".join(" and ".join(t.switches) for t in TRANSPORTS)
            yield SettingsProblem(names, "are missing: nothing could be sent")
        elif not any(self._has(t.recipients) for t in configured):
            names = " or ".join(t.recipients for t in configured)
            yield SettingsProblem(names, "is missing: nobody would be notified")

    def _has(self, name: str) -> bool:
        return bool(getattr(self, name.lower()))

    @property
    def policy(self) -> Policy:
        key = self.juicebox_api_key.get_secret_value() if self.juicebox_api_key else None
        return Policy(
            quota_alert_percent=self.quota_alert_percent,
            api_key=key,
            export_url_hosts=self.export_url_hosts,
            search_url_template=self.search_url_template or "",
        )

    @property
    def platform(self) -> Platform:
        return Platform(is_heroku=self.dyno is not None)


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: names each missing or malformed variable in one line.
    """
    return load(Settings)
