"""The API key was rotated: operators are told whether the bot still holds the old one."""

import re
from datetime import timedelta

from bot.model import Audience, Context, Event, Intent, Notify, Payload, Policy, handles
from bot.model.payload import Id, Moment, OptionalField

_MASK = re.compile(r"(?:\.{2,}|[…*•])[.…*•]*$")
_LONGEST_PREFIX = 24
"""If the whole key is sent as its prefix, most of it must not be shown in a channel."""


class Data(Payload):
    new_key_prefix: Id
    rotated_at: OptionalField[Moment] = None


@handles(
    "key.rotated",
    alias="key",
    data=Data,
    sample={"newKeyPrefix": "jb_live_7Qx2", "rotatedAt": timedelta()},
)
def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    prefix = _MASK.sub("", data.new_key_prefix)
    context: Context = {
        "newKeyPrefix": (prefix or data.new_key_prefix)[:_LONGEST_PREFIX],
        "rotatedAt": int((data.rotated_at or event.timestamp).timestamp()),
        "configured": _configured(policy.api_key, prefix),
    }
    return [Notify(Audience.OPERATORS, event.type, context, thread="key", urgent=True)]


def _configured(api_key: str | None, prefix: str) -> str:
    """Return which key is configured: `unset`, `new`, `old`, or `unknown` if the prefix is masked."""
    if not api_key:
        return "unset"
    if not prefix:
        return "unknown"
    return "new" if api_key.startswith(prefix) else "old"
