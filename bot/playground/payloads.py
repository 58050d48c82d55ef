"""The bodies that the page's buttons post: a sample of each type, and input that must do no harm."""

import json
from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue
from pydantic_core import from_json

from bot.playground.samples import fresh_body
from bot.registry import Registry

HOSTILE: Mapping[str, JsonValue] = {
    "searchId": "srch_\"'\\<script>document.title='owned'</script>",
    "resultCount": 3,
    "query": (
        "<!channel> <!here> <@U0OPERATOR> <https://evil.example|your payslip> *bold* `code`"
        " \"quotes\" 'too' & <img src=x onerror=\"document.title='owned'\"> {{ 7 * 7 }} ${7*7}"
        " javascript:alert(1) \u202ereversed\u202c \u0000\u001b[31mred"
    ),
}
"""Data of a search.completed event with markup for every transport and some control characters."""

UNKNOWN_TYPE = "candidate.replied"
_UNKNOWN: Mapping[str, JsonValue] = {"candidateId": "cand_7k2m", "channel": "email"}


class SamplePayloads:
    """Makes bodies as Juicebox sends them, each with a new event id."""

    def __init__(self, registry: Registry) -> None:
        handlers = [registry.get(name) for name in registry.types]
        self._handlers = {handler.type: handler for handler in handlers if handler is not None}

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self._handlers)

    def data(self, now: datetime) -> Mapping[str, Mapping[str, JsonValue]]:
        """Return the data of each type's sample event, with times relative to `now`."""
        return {name: handler.sample_at(now) for name, handler in self._handlers.items()}

    def body(self, what: str, now: datetime) -> bytes:
        """Return the body for `hostile`, `unknown` or a type's sample.

        Raises:
            KeyError: if there is no such sample.
        """
        special = {"hostile": ("search.completed", HOSTILE), "unknown": (UNKNOWN_TYPE, _UNKNOWN)}
        event_type, data = special.get(what) or (what, self._handlers[what].sample_at(now))
        return fresh_body({"type": event_type, "data": data}, now)


def with_new_id(text: str, now: datetime) -> bytes:
    """Return the JSON object with a new id and timestamp; return anything else unchanged.

    JSON that Python cannot write again, such as 1e999, is returned unchanged too.
    """
    try:
        given = from_json(text)
        json.dumps(given, allow_nan=False)
    except (ValueError, RecursionError):
        return text.encode()
    return fresh_body(given, now) if isinstance(given, dict) else text.encode()
