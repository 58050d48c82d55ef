"""Where Redis is, and how long what is in it is kept: all that most commands ask for."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from bot.environment import Environment
from bot.errors import SettingsProblem
from bot.store.redis_url import CertReqs, RedisAddress, parse_cert_reqs, parse_redis_url


def _cert_reqs(value: object) -> object:
    """Any spelling that REDIS_URL's option may have; anything else is for pydantic to refuse."""
    with suppress(ValueError):
        return parse_cert_reqs(str(value))
    return value


class StoreSettings(Environment):
    """What a command that only reads and writes Redis asks for."""

    redis_url: SecretStr = SecretStr("redis://localhost:6379/0")
    redis_ssl_cert_reqs: Annotated[CertReqs, BeforeValidator(_cert_reqs)] = "required"
    retention_days: int = Field(default=30, ge=1, le=3_650)

    @field_validator("redis_url")
    @classmethod
    def _a_redis_address(cls, value: SecretStr) -> SecretStr:
        parse_redis_url(value.get_secret_value())
        return value

    @property
    def cert_reqs(self) -> CertReqs | None:
        """REDIS_SSL_CERT_REQS, or None where it is not set: then REDIS_URL may say it."""
        given = "redis_ssl_cert_reqs" in self.model_fields_set
        return self.redis_ssl_cert_reqs if given else None

    @property
    def redis(self) -> RedisAddress:
        return parse_redis_url(self.redis_url.get_secret_value(), self.cert_reqs)

    def conflicts(self) -> Sequence[SettingsProblem]:
        try:
            _ = self.redis
        except ValueError as error:
            both = "REDIS_URL and REDIS_SSL_CERT_REQS"
            found = [SettingsProblem(both, f"do not go together: {error}")]
        else:
            found = []
        return [*found, *super().conflicts()]
