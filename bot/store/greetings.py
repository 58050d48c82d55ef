"""Which invitations into a channel have been answered with a greeting."""

from datetime import timedelta
from enum import StrEnum

from redis.asyncio import Redis

from bot.model import milliseconds
from bot.store import keys

_LEASE = timedelta(seconds=20)
"""How long a process that is killed keeps others from greeting; Slack repeats an event after a minute."""
_KEPT_FOR = timedelta(days=2)
"""Longer than Slack repeats an event: https://docs.slack.dev/apis/events-api/#errors."""
_DONE = b"done"


class Claim(StrEnum):
    """What came of asking to greet."""

    OURS = "ours"
    ANOTHERS = "another's"
    """Another process is greeting right now, or has just been killed."""
    DONE = "done"


class Greetings:
    """Lets one process greet for each invitation; `invitation` is the id of Slack's event.

    Each method raises redis.RedisError if Redis does not answer.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def claim(self, invitation: str) -> Claim:
        """Claim the greeting for some seconds, unless that was done before."""
        key = keys.greeting(invitation)
        if await self._redis.set(key, b"claimed", nx=True, px=milliseconds(_LEASE)):
            return Claim.OURS
        return Claim.DONE if await self._redis.get(key) == _DONE else Claim.ANOTHERS

    async def finish(self, invitation: str) -> None:
        """Store that the greeting was posted."""
        await self._redis.set(keys.greeting(invitation), _DONE, px=milliseconds(_KEPT_FOR))

    async def release(self, invitation: str) -> None:
        """Let the next one try."""
        await self._redis.delete(keys.greeting(invitation))
