"""Finds the handlers and checks each one, so that the bot does not start with a broken one."""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import handlers
from bot.errors import RegistryError
from bot.model import (
    Audience,
    DataSubject,
    Event,
    Handler,
    Intent,
    InvalidData,
    Notify,
    Policy,
    Record,
    id_text,
)
from bot.rendering.templates import TEMPLATES
from bot.transports.registry import TEMPLATE_FILES

_SAMPLE_TIME = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Registry:
    """One handler for each type of event."""

    by_type: Mapping[str, Handler[Any]]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self.by_type)

    @property
    def aliases(self) -> Mapping[str, str]:
        """The types by their short names."""
        return {h.alias: h.type for h in self.by_type.values() if h.alias}

    @property
    def audience_of(self) -> Mapping[str, Audience]:
        """The audience that each type's sample notifies, without the types that only subscribers get."""
        return {
            h.type: intent.audience
            for h in self.by_type.values()
            for intent in _run_sample(h)
            if isinstance(intent, Notify) and not intent.opt_in
        }

    @property
    def subjects(self) -> tuple[DataSubject, ...]:
        """The people that events are about, as the handlers declare them."""
        return tuple(h.subject for h in self.by_type.values() if h.subject)

    def get(self, event_type: str) -> Handler[Any] | None:
        return self.by_type.get(event_type)


def load_registry(package: ModuleType = handlers, templates: Path = TEMPLATES) -> Registry:
    """Return every handler of the package, each one checked.

    Raises:
        RegistryError: naming the module and what is wrong with it.
    """
    found: dict[str, Handler[Any]] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        name = f"{package.__name__}.{module.name}"
        try:
            handler = _load(name)
            _check(handler, found, templates)
        except RegistryError as error:
            raise RegistryError(f"{name}: {error}") from error.__cause__
        found[handler.type] = handler
    return Registry(found)


def _load(name: str) -> Handler[Any]:
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise RegistryError(f"cannot be imported: {error}") from error
    found = {key: value for key, value in vars(module).items() if isinstance(value, Handler)}
    if not found:
        raise RegistryError("has no handler: decorate its function with @handles(…)")
    if len(found) > 1:
        raise RegistryError(f"has {len(found)} handlers, {', '.join(found)}: keep one per module")
    return next(iter(found.values()))


def _check(handler: Handler[Any], found: Mapping[str, Handler[Any]], templates: Path) -> None:
    if handler.type in found:
        module = found[handler.type].handle.__module__
        raise RegistryError(f"{handler.type!r} has a handler already, in {module}")
    aliased = next((h for h in found.values() if handler.alias and h.alias == handler.alias), None)
    if aliased is not None:
        raise RegistryError(f"its alias {handler.alias!r} is the one of {aliased.type!r} already")
    intents = _run_sample(handler)
    for intent in intents:
        _check_intent(intent)
    if handler.subject is not None:
        _check_subject(handler, handler.subject, intents)
    missing = [
        f"templates/{folder}/{file}"
        for folder in sorted({i.template for i in intents if isinstance(i, Notify)})
        for file in TEMPLATE_FILES
        if not (templates / folder / file).is_file()
    ]
    if missing:
        raise RegistryError(f"missing: {', '.join(missing)}")


def _run_sample(handler: Handler[Any]) -> list[Intent]:
    event = Event("evt_sample", handler.type, _SAMPLE_TIME, handler.sample_at(_SAMPLE_TIME))
    try:
        return handler.run(event, Policy())
    except InvalidData as error:
        raise RegistryError(f"the sample does not fit the data class: {error}") from error
    except Exception as error:
        raise RegistryError(f"the handler fails on its sample: {error!r}") from error


def _check_intent(intent: object) -> None:
    if not isinstance(intent, Notify | Record):
        raise RegistryError(f"the handler must return Notify and Record only, got {intent!r}")
    values = intent.context if isinstance(intent, Notify) else intent.fields
    try:
        json.dumps(dict(values), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RegistryError(f"the handler must put only JSON into an intent: {error}") from error


def _check_subject(handler: Handler[Any], subject: DataSubject, intents: list[Intent]) -> None:
    """Check that `forget` will find everything that the handler keeps about a person."""
    if subject.field not in (f.alias for f in handler.data.model_fields.values()):
        raise RegistryError(f"its subject's field {subject.field!r} is not a field of the data")
    if subject.cached_key and "{id}" not in subject.cached_key:
        raise RegistryError(f"its cached_key must contain {{id}}, got {subject.cached_key!r}")
    subject_id = id_text(handler.sample.get(subject.field))
    kinds = {i.kind for i in intents if isinstance(i, Record) and i.id == subject_id}
    if not kinds <= {subject.record_kind}:
        found = " and ".join(sorted(kinds))
        raise RegistryError(
            f"it records {found} about its subject, whose record_kind is {subject.record_kind!r}:"
            " make them the same kind"
        )
