"""The event for `preview` and `send`: the handler's sample, or the content of a file."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
from pydantic_core import from_json, to_json

from bot.errors import InvalidEnvelope
from bot.intake.envelope import parse_envelope
from bot.model import Event, Handler
from bot.registry import load_registry

data_option = click.option(
    "--data",
    "data_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file: an event's data, or a whole event. Default: the handler's sample.",
)


def sample(
    event_type: str,
    data_file: Path | None,
    now: datetime,
    *,
    event_id: str | None = None,
    test: bool = False,
) -> tuple[Event, bytes]:
    """Return the event to show or to send, and its request body.

    It has a new id unless one is given. With `test` it is marked as a test, even if the file says
    otherwise.

    Raises:
        click.UsageError: if the type has no handler, or the file is not a valid event of this type.
    """
    given = _read(data_file) if data_file else {"data": handler_of(event_type).sample_at(now)}
    if given.get("type", event_type) != event_type:
        raise click.UsageError(f"{data_file} holds an event of type {given['type']}")
    envelope = {
        "id": f"evt_{uuid4().hex}",
        "timestamp": now.isoformat(),
        **given,
        **({"id": event_id} if event_id else {}),
        **({"test": True} if test else {}),
        "type": event_type,
    }
    body = to_json(envelope)
    try:
        return parse_envelope(body, now), body
    except InvalidEnvelope as error:
        raise click.UsageError(str(error)) from error


def _read(file: Path) -> Mapping[str, Any]:
    """Return a whole event unchanged, and anything else as the data of an event."""
    try:
        loaded = from_json(file.read_bytes())
    except (ValueError, OSError) as error:
        raise click.UsageError(f"{file} is not JSON that can be read") from error
    if isinstance(loaded, dict) and isinstance(loaded.get("data"), dict) and "type" in loaded:
        return loaded
    return {"data": loaded}


def handler_of(event_type: str) -> Handler[Any]:
    """Return the handler of this type.

    Raises:
        click.UsageError: if there is none; lists the types that have one.
    """
    registry = load_registry()
    handler = registry.get(event_type)
    if handler is None:
        text = f"no handler knows {event_type}; there are: {', '.join(registry.types)}"
        raise click.UsageError(text)
    return handler
