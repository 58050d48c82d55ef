"""The check behind `/readyz`."""

import asyncio
from datetime import datetime

from redis.exceptions import RedisError, ResponseError

from bot.store import Store
from bot.store.redis_errors import diagnose
from bot.store.server import is_replica, read_info

_TIMEOUT = 1.8


async def why_not_ready(store: Store, now: datetime) -> str | None:
    """Return None if Redis is a primary and a worker is alive, else the reason.

    A Redis of unknown role counts as a primary: if it refused writes, there would be no heartbeat.
    """
    try:
        async with asyncio.timeout(_TIMEOUT):
            backlog = await store.backlog(now)
            server = await read_info(store.redis, "replication")
    except ResponseError as error:
        return f"Redis refuses what the bot needs: {diagnose(error).text}"
    except (RedisError, OSError) as error:  # a TimeoutError is an OSError
        return f"Redis does not answer ({type(error).__name__})"
    if is_replica(server):
        return "Redis is a read-only replica"
    if not backlog.worker_alive:
        return "no worker heartbeat in the last 6 seconds"
    return None
