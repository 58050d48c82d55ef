"""How settings are read from the environment, and what is said of those that cannot be used."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, cast, get_args, get_origin

from pydantic import (
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError, SettingsProblem, quoted

_OUT_OF_BOUNDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})

Kind = TypeVar("Kind", bound="Environment")
Secret = Annotated[SecretStr, Field(min_length=1)]


def split_at_commas(value: object) -> object:
    """Return the parts of a text without the blank ones; anything else as it is."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


class Environment(BaseSettings):
    """A group of settings; a variable that is set but empty counts as absent."""

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )
    refuses_conflicts: ClassVar[bool] = True

    @model_validator(mode="before")
    @classmethod
    def _blanks_are_absent(cls, values: dict[str, object]) -> dict[str, object]:
        """A pasted value often brings a space or a line break along."""
        stripped = {n: v.strip() if isinstance(v, str) else v for n, v in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = self.conflicts() if self.refuses_conflicts else ()
        if found:
            raise ValueError("; ".join(map(str, found)))
        return self

    def conflicts(self) -> Sequence[SettingsProblem]:
        """What is wrong with settings that are each fine by themselves."""
        return ()


def load(kind: type[Kind]) -> Kind:
    """Read these settings.

    Raises:
        SettingsError: with everything that is missing, malformed or in conflict.
    """
    settings, problems = load_usable(kind)
    if problems:
        raise SettingsError(problems)
    return settings


def load_usable(kind: type[Kind]) -> tuple[Kind, Sequence[SettingsProblem]]:
    """Read these settings as far as they can be used, and say what is wrong with the others.

    A malformed setting has its default then, and a required one that is missing has a stand-in.
    """
    try:
        return kind(), ()
    except ValidationError as error:
        faults = {e["loc"][0]: e for e in error.errors() if e["loc"]}
    problems = [_problem(kind.model_fields[str(name)], e) for name, e in faults.items()]
    missing = {str(name): "missing" for name, e in faults.items() if e["type"] == "missing"}
    usable = cast("Kind", create_model(kind.__name__, __base__=(_Usable, kind))(**missing))
    wrong = {name for problem in problems for name in problem.names}
    problems += [c for c in usable.conflicts() if wrong.isdisjoint(c.names)]
    return usable, problems


class _Usable(Environment):
    """Takes a malformed setting for absent."""

    refuses_conflicts = False

    @field_validator("*", mode="wrap")
    @classmethod
    def _malformed_is_absent(
        cls, value: object, validate: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        try:
            return validate(value)
        except ValueError:
            return cls.model_fields[info.field_name or ""].get_default()


def _problem(field: FieldInfo, error: ErrorDetails) -> SettingsProblem:
    name = str(error["loc"][0]).upper()
    if error["type"] == "missing":
        return SettingsProblem(name, "is missing")
    if error["type"] == "value_error":
        return SettingsProblem(name, f"is malformed: {error['ctx']['error']}")
    bounds = error["type"] in _OUT_OF_BOUNDS
    wanted = _between(field) if bounds else f"{_wanted(field)}{_example(field)}"
    return SettingsProblem(name, f"must be {wanted}{_got(field, error['input'])}")


def _kinds(field: FieldInfo) -> tuple[Any, ...]:
    """The types that a value may have: those of a union, or the one."""
    return get_args(field.annotation) or (field.annotation,)


def _wanted(field: FieldInfo) -> str:
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


def _between(field: FieldInfo) -> str:
    lowest = next(m.ge for m in field.metadata if hasattr(m, "ge"))
    highest = next(m.le for m in field.metadata if hasattr(m, "le"))
    return f"from {lowest} to {highest}"


def _got(field: FieldInfo, value: object) -> str:
    """The value that was found, unless it may hold a secret."""
    if SecretStr in _kinds(field) or (HttpUrl in _kinds(field) and "@" in str(value)):
        return ""
    return f", got {quoted(value)}"
