"""What the Redis server says about itself, as far as it answers."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

_REPLICA_ROLES = frozenset({"slave", "replica"})
"""KeyDB's `active-replica` takes writes. https://docs.keydb.dev/docs/active-rep/"""


async def read_info(redis: Redis, section: str | None = None) -> Mapping[str, Any]:
    """Return `INFO`, or nothing where the server refuses it.

    Managed services forbid INFO with the category `@dangerous`, and some proxies do not know it.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    try:
        found: Mapping[str, Any] = await redis.info(section)
    except ResponseError:
        return {}
    return found


def is_replica(info: Mapping[str, Any]) -> bool:
    """Whether the server says that it takes no writes; one that does not say is taken for a primary."""
    return info.get("role") in _REPLICA_ROLES
