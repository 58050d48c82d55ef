"""Whether this bot can do its job right now."""

import asyncio
from datetime import datetime

from redis.exceptions import RedisError, ResponseError

from bot.store import Store
from bot.store.redis_errors import explain
from bot.store.server import is_replica, read_info

_SECONDS = 1.8


async def why_not_ready(store: Store, now: datetime) -> str | None:
    """None if Redis answers and a worker's heartbeat is fresh; else the reason, in one sentence.

    A Redis that does not say what it is counts as a primary: a write that fails shows, since the
    heartbeat is one.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            backlog = await store.backlog(now)
            server = await read_info(store.redis, "replication")
    except ResponseError as fault:
        return f"Redis refuses what the bot needs: {explain(fault).text}"
    except (RedisError, OSError, TimeoutError) as fault:
        return f"Redis does not answer ({type(fault).__name__})"
    if is_replica(server):
        return "Redis is a replica, which takes no events"
    if not backlog.worker_alive:
        return "no worker has given a sign of life in the last 6 seconds"
    return None
