"""Field types for the data of events. Every field is untrusted input."""

import re
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar
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
from pydantic_core import ErrorDetails

from bot.model.moments import read_moment

_WHOLE = re.compile(r"-?\d{1,40}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,40}\.\d{1,40}", re.ASCII)
_SHOULD = re.compile(r"\A(?:Input|String) should ")


class InvalidData(ValueError):
    """An event's data does not fit its type; the text names the fields, and none of their values."""


class Payload(BaseModel):
    """Base of the data classes: camelCase in JSON, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    @classmethod
    def parse(cls, data: object) -> Self:
        """Parse an event's data.

        Raises:
            InvalidData: if it does not fit.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidData(_explain(error)) from None


def id_text(value: object) -> object:
    """Convert a numeric id to text (42 and 42.0 to "42"); return anything else unchanged."""
    number = _whole(value)
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else value


def _whole(value: object) -> object:
    """Convert a whole float to an int (1204.0 to 1204); return anything else unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(value: object) -> object:
    """Parse a number that was sent as text; return anything else unchanged."""
    if isinstance(value, str):
        text = value.strip()
        if _WHOLE.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
    return value


def _https_only(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be an https:// address")
    if any(c.isspace() or not c.isprintable() for c in url):
        raise ValueError("must not contain spaces or control characters")
    return url


def _none_if_invalid(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    BeforeValidator(id_text),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Count = Annotated[
    int,
    Field(ge=0, le=10**15, strict=True),
    BeforeValidator(_whole),
    BeforeValidator(_number),
]
Amount = Annotated[
    float, Field(ge=0, le=10**15, strict=True, allow_inf_nan=False), BeforeValidator(_number)
]
HttpsUrl = Annotated[str, StringConstraints(max_length=8_000), AfterValidator(_https_only)]
Moment = Annotated[datetime, BeforeValidator(read_moment)]

T = TypeVar("T")
OptionalField = Annotated[T | None, WrapValidator(_none_if_invalid)]
"""An optional field. An invalid value counts as absent, so that it does not fail the event."""


def _explain(error: ValidationError) -> str:
    """Return the first reason for each field: pydantic reports one for each type of a union."""
    reasons: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        name = f"data.{detail['loc'][0]}" if detail["loc"] else "data"
        reasons.setdefault(name, _reason(detail))
    return "; ".join(f"{name} {reason}" for name, reason in reasons.items())


def _reason(detail: ErrorDetails) -> str:
    """Return why a field is refused, without any part of its value."""
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] in {"model_type", "model_attributes_type"}:
        return "must be an object"
    text = _SHOULD.sub("must ", detail["msg"].removeprefix("Value error, "))
    return text if text.startswith("must ") else "is not valid"
