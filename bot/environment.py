"""Reads settings from the environment, and describes those that cannot be used."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError, SettingsProblem

_MAX_QUOTED = 80
_BOUND_ERRORS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})

Kind = TypeVar("Kind", bound="Environment")
Secret = Annotated[SecretStr, Field(min_length=1)]


def quoted(value: object) -> str:
    """Return the value, or its beginning, in quotes."""
    text = str(value)
    return f"{text[:_MAX_QUOTED]!r}{'…' if len(text) > _MAX_QUOTED else ''}"


def split_at_commas(value: object) -> object:
    """Split a string into its non-blank parts; return anything else unchanged."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


class Environment(BaseSettings):
    """A group of settings; empty variables count as absent."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _strip(cls, values: dict[str, object]) -> dict[str, object]:
        """Strip whitespace, which pasted values often contain, and drop empty values."""
        stripped = {n: v.strip() if isinstance(v, str) else v for n, v in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    def conflicts(self) -> Sequence[SettingsProblem]:
        """Return problems between settings that are each valid."""
        return ()


def load(kind: type[Kind]) -> Kind:
    """Read these settings.

    Raises:
        SettingsError: names everything that is missing, malformed or in conflict.
    """
    settings, problems = load_usable(kind)
    if problems:
        raise SettingsError(problems)
    return settings


def load_usable(kind: type[Kind]) -> tuple[Kind, Sequence[SettingsProblem]]:
    """Read these settings, and return the problems with them.

    Malformed settings get their default, and missing required ones a placeholder.
    """
    errors: dict[str, ErrorDetails] = {}
    try:
        usable = kind()
    except ValidationError as error:
        errors = {str(details["loc"][0]): details for details in error.errors()}
        replaced: dict[str, Any] = {}
        for name in errors:
            field = kind.model_fields[name]
            replaced[name] = "missing" if field.is_required() else field.get_default()
        usable = kind(**replaced)
    problems = [_problem(kind.model_fields[name], details) for name, details in errors.items()]
    named = {name for problem in problems for name in problem.names}
    problems += [c for c in usable.conflicts() if named.isdisjoint(c.names)]
    return usable, problems


def _problem(field: FieldInfo, error: ErrorDetails) -> SettingsProblem:
    name = str(error["loc"][0]).upper()
    if error["type"] == "missing":
        return SettingsProblem(name, "is missing")
    if error["type"] == "value_error":
        return SettingsProblem(name, f"is malformed: {error['ctx']['error']}")
    is_bound = error["type"] in _BOUND_ERRORS
    expected = _bounds(field) if is_bound else f"{_expected(field)}{_example(field)}"
    return SettingsProblem(name, f"must be {expected}{_got(field, error['input'])}")


def _kinds(field: FieldInfo) -> tuple[Any, ...]:
    """Return the types of a value: those of a union, or the single one."""
    return get_args(field.annotation) or (field.annotation,)


def _expected(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        *others, last = map(str, get_args(field.annotation))
        return f"{', '.join(others)} or {last}"
    words = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        HttpUrl: "an http:// or https:// address",
    }
    return next((words[kind] for kind in _kinds(field) if kind in words), "text")


def _example(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal or bool in _kinds(field):
        return ""
    example = field.examples[0] if field.examples else field.default
    return f" such as {example}"


def _bounds(field: FieldInfo) -> str:
    lowest = next(m.ge for m in field.metadata if hasattr(m, "ge"))
    highest = next(m.le for m in field.metadata if hasattr(m, "le"))
    return f"from {lowest} to {highest}"


def _got(field: FieldInfo, value: object) -> str:
    """Return the value that was found, unless it may contain a secret."""
    if SecretStr in _kinds(field) or (HttpUrl in _kinds(field) and "@" in str(value)):
        return ""
    return f", got {quoted(value)}"
