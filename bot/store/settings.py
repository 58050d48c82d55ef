"""The settings of commands that need only Redis."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from bot.environment import Environment
from bot.errors import SettingsProblem
from bot.store.redis_url import CertReqs, RedisAddress, parse_cert_reqs, parse_redis_url


def _cert_reqs(value: object) -> object:
    """Accept every spelling of the option in REDIS_URL; pydantic rejects anything else."""
    with suppress(ValueError):
        return parse_cert_reqs(str(value))
    return value


class StoreSettings(Environment):
    """The address of Redis, and how long events are kept."""

    redis_url: SecretStr = SecretStr("redis://localhost:6379/0")
    redis_ssl_cert_reqs: Annotated[CertReqs, BeforeValidator(_cert_reqs)] = "required"
    retention_days: int = Field(default=30, ge=1, le=3_650)

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, value: SecretStr) -> SecretStr:
        parse_redis_url(value.get_secret_value())
        return value

    @property
    def cert_reqs(self) -> CertReqs | None:
        """REDIS_SSL_CERT_REQS, or None if it is not set; then an option of REDIS_URL counts."""
        given = "redis_ssl_cert_reqs" in self.model_fields_set
        return self.redis_ssl_cert_reqs if given else None

    @property
    def redis(self) -> RedisAddress:
        return parse_redis_url(self.redis_url.get_secret_value(), self.cert_reqs)

    def conflicts(self) -> Sequence[SettingsProblem]:
        found = []
        try:
            _ = self.redis
        except ValueError as error:
            both = "REDIS_URL and REDIS_SSL_CERT_REQS"
            found.append(SettingsProblem(both, f"do not go together: {error}"))
        return [*found, *super().conflicts()]
