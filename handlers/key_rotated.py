"""The API key was replaced: operators learn whether the bot still holds the old one."""

import re
from datetime import timedelta

from bot.model import Audience, Context, Event, Extra, Id, Intent, Moment, Notify, Payload, Policy

TYPE = "key.rotated"

SAMPLE = {"newKeyPrefix": "jb_live_7Qx2", "rotatedAt": timedelta()}

_MASK = re.compile(r"(?:\.{2,}|[…*•])[.…*•]*$")
_PREFIX_SHOWN = 24
"""Should the whole key ever be sent as its own prefix, it must not end up in a channel."""


class Data(Payload):
    new_key_prefix: Id
    rotated_at: Extra[Moment] = None


def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    prefix = _MASK.sub("", data.new_key_prefix)
    context: Context = {
        "newKeyPrefix": (prefix or data.new_key_prefix)[:_PREFIX_SHOWN],
        "rotatedAt": int((data.rotated_at or event.timestamp).timestamp()),
        "configured": _configured(policy.api_key, prefix),
    }
    return [Notify(Audience.OPERATORS, TYPE, context, thread="key")]


def _configured(api_key: str | None, prefix: str) -> str:
    """Which key the setting holds: `unset`, `new`, `old`, or `unknown` if all of it is masked."""
    if not api_key:
        return "unset"
    if not prefix:
        return "unknown"
    return "new" if api_key.startswith(prefix) else "old"
