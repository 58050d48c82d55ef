"""Finds the handlers, checks each one's contract, and refuses to start with a broken one."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

import handlers
from bot.errors import InvalidData, RegistryError
from bot.model import Event, Intent, Notify, Payload, Policy, Record
from bot.rendering.templates import TEMPLATES
from bot.transports.registry import TEMPLATE_FILES

PayloadClass = type[Payload]

_PARAMETERS = ["event", "data", "policy"]
_SAMPLE_TIME = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Handler:
    """What is done about one type of event.

    `sample` is data as Juicebox would send it; a timedelta stands for the moment that long from now.
    """

    type: str
    sample: Mapping[str, Any] = field(repr=False)
    payload: PayloadClass = field(repr=False)
    handle: Callable[..., list[Intent]] = field(repr=False)

    def sample_at(self, now: datetime) -> dict[str, Any]:
        """The sample with its moments counted from `now`, as JSON values."""
        return {name: _at(now, value) for name, value in self.sample.items()}

    def run(self, event: Event, policy: Policy) -> list[Intent]:
        """What the handler asks for.

        Raises:
            InvalidData: if the event's data does not fit; names the fields, and no value of theirs.
        """
        try:
            data = self.payload.model_validate(event.data)
        except ValidationError as error:
            raise InvalidData(_explain(error)) from None
        return self.handle(event, data, policy)


class Registry:
    """One handler for each type of event."""

    def __init__(self, by_type: Mapping[str, Handler]) -> None:
        self._by_type = by_type

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self._by_type)

    def get(self, event_type: str) -> Handler | None:
        return self._by_type.get(event_type)


def load_registry(package: ModuleType = handlers, templates: Path = TEMPLATES) -> Registry:
    """Every handler of the package, each one checked.

    Raises:
        RegistryError: naming the module and what is wrong with it.
    """
    found: dict[str, Handler] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        name = f"{package.__name__}.{module.name}"
        try:
            handler = _check(_load(name), found, templates)
        except RegistryError as fault:
            raise RegistryError(f"{name}: {fault}") from fault.__cause__
        found[handler.type] = handler
    return Registry(MappingProxyType(found))


def _load(name: str) -> Handler:
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise RegistryError(f"cannot be imported: {error}") from error
    kind, data = getattr(module, "TYPE", None), getattr(module, "Data", None)
    handle, sample = getattr(module, "handle", None), getattr(module, "SAMPLE", None)
    if not isinstance(kind, str) or not kind:
        raise RegistryError("TYPE must be the event's type, a string")
    if not inspect.isclass(data) or not issubclass(data, Payload):
        raise RegistryError("Data must be a class that extends Payload")
    if not callable(handle) or [*inspect.signature(handle).parameters] != _PARAMETERS:
        raise RegistryError("handle must be a function of event, data and policy")
    if not isinstance(sample, Mapping):
        raise RegistryError("SAMPLE must be an example of the event's data")
    return Handler(kind, MappingProxyType(dict(sample)), data, handle)


def _at(now: datetime, value: object) -> object:
    """The value, with each timedelta in it as the moment that long from `now`."""
    match value:
        case timedelta():
            return (now + value).isoformat(timespec="seconds").replace("+00:00", "Z")
        case Mapping():
            return {name: _at(now, part) for name, part in value.items()}
        case list():
            return [_at(now, part) for part in value]
    return value


def _check(handler: Handler, found: Mapping[str, Handler], templates: Path) -> Handler:
    if handler.type in found:
        raise RegistryError(f"TYPE {handler.type!r} has a handler already")
    intents = _run_sample(handler)
    for intent in intents:
        _check_intent(intent)
    wanted = {handler.type, *(i.template for i in intents if isinstance(i, Notify))}
    missing = [
        f"templates/{folder}/{file}"
        for folder in sorted(wanted)
        for file in TEMPLATE_FILES
        if not (templates / folder / file).is_file()
    ]
    if missing:
        raise RegistryError(f"{', '.join(missing)} is missing")
    return handler


def _run_sample(handler: Handler) -> list[Intent]:
    event = Event("evt_sample", handler.type, _SAMPLE_TIME, handler.sample_at(_SAMPLE_TIME))
    try:
        return handler.run(event, Policy())
    except InvalidData as error:
        raise RegistryError(f"SAMPLE does not fit Data: {error}") from error
    except Exception as error:
        raise RegistryError(f"handle fails on SAMPLE: {error!r}") from error


def _check_intent(intent: object) -> None:
    if not isinstance(intent, Notify | Record):
        raise RegistryError("handle must return a list of Notify and Record")
    kept = intent.context if isinstance(intent, Notify) else intent.fields
    try:
        json.dumps(dict(kept), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RegistryError(f"handle must put nothing but JSON into an intent: {error}") from error


def _explain(error: ValidationError) -> str:
    """One reason for each field; the first alone, since a choice of types gives one for each."""
    reasons: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False):
        name = f"data.{detail['loc'][0]}" if detail["loc"] else "data"
        reasons.setdefault(name, _reason(detail))
    return "; ".join(f"{name} {reason}" for name, reason in reasons.items())


def _reason(detail: ErrorDetails) -> str:
    """Why a field is refused, in words that no part of its value can be among."""
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] in {"model_type", "model_attributes_type"}:
        return "must be an object"
    said = detail["msg"].removeprefix("Value error, ")
    for before, after in _WORDING.items():
        said = said.replace(before, after) if said.startswith(before) else said
    return said if said.startswith("must ") else "is not valid"


_WORDING = {"Input should ": "must ", "String should ": "must "}
