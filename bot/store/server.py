"""The role and INFO of the Redis server."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

_REPLICA_ROLES = frozenset({"slave", "replica"})
"""Without KeyDB's `active-replica`, which accepts writes: https://docs.keydb.dev/docs/active-rep/"""


async def read_info(redis: Redis, section: str | None = None) -> Mapping[str, Any]:
    """Return `INFO`, or an empty mapping if the server refuses it.

    Managed services forbid INFO with the category `@dangerous`, and some proxies do not support it.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    try:
        found: Mapping[str, Any] = await redis.info(section)
    except ResponseError:
        return {}
    return found


def is_replica(info: Mapping[str, Any]) -> bool:
    """Tell whether INFO gives the role of a read-only replica; without a role, assume a primary."""
    return info.get("role") in _REPLICA_ROLES
