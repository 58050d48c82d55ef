"""What handlers make their typed payloads of: every field of an event's data is untrusted."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel


class Payload(BaseModel):
    """Base of every handler's typed `data`: camelCase on the wire, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


_FIRST_YEAR, _LAST_YEAR = 1, 9999


def _a_number_is_an_id_too(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _https_only(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be an https:// address")
    if any(c.isspace() or not c.isprintable() for c in url):
        raise ValueError("must not contain spaces or control characters")
    return url


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, which it is taken to be in if it does not say.

    Raises:
        ValueError: at either end of the calendar, where no arithmetic is left to do.
    """
    if not _FIRST_YEAR < moment.year < _LAST_YEAR:
        raise ValueError("must be between the years 2 and 9998")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _leave_out_what_does_not_fit(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    BeforeValidator(_a_number_is_an_id_too),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Count = Annotated[int, Field(ge=0, le=10**15, strict=True)]
Amount = Annotated[float, Field(ge=0, le=10**15, strict=True, allow_inf_nan=False)]
HttpsUrl = Annotated[str, StringConstraints(max_length=8_000), AfterValidator(_https_only)]
Moment = Annotated[datetime, AfterValidator(in_utc)]

T = TypeVar("T")
Extra = Annotated[T | None, WrapValidator(_leave_out_what_does_not_fit)]
"""A detail that is shown when present; one that makes no sense never costs us the message."""
