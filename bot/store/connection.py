"""How this program connects to Redis: with time limits, and within a small plan's connections."""

from datetime import timedelta
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError

_NEW_CONNECTION = (RedisConnectionError, ReadOnlyError)
"""What a new connection can mend; after a failover the old ones lead to what is a replica now."""
_PLACE_SECONDS = 10


class _ClosedIsLost(AbstractConnection):
    """Tells of a connection that Redis closed just before it was written to as of any other lost one.

    asyncio's own loop raises an OSError then, which redis-py translates; uvloop a bare RuntimeError.
    """

    __slots__ = ()

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        try:
            await super().send_packed_command(*args, **options)
        except RuntimeError as fault:
            if type(fault) is not RuntimeError:
                raise
            raise RedisConnectionError("Redis closed the connection before the command") from fault


def connect(
    url: str, *, cert_reqs: str = "required", timeout: timedelta, connections: int = 5
) -> Redis:
    """A client that waits for a connection or an answer no longer than `timeout`.

    A connection that turns out to be dead is replaced once before an error is raised, so what is
    sent must be harmless to repeat: the scripts say how they are. Heroku's smallest plan has 20
    connections in all, hence the small pool: two web processes and a worker want 15. Waiting for a
    place in it is no sign that Redis is away; whoever cannot wait limits the whole call.
    """
    seconds = timeout.total_seconds()
    options: dict[str, Any] = {}
    if not url.startswith("unix://"):
        options |= {"socket_keepalive": True}
    if url.startswith("rediss://"):
        options |= {"ssl_cert_reqs": cert_reqs, "ssl_check_hostname": cert_reqs == "required"}
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=_PLACE_SECONDS,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        # Sent while connecting, and at a full Redis redis-py 5.3 recurses over them until it crashes.
        lib_name=None,
        lib_version=None,
        retry=Retry(NoBackoff(), 1, supported_errors=_NEW_CONNECTION),
        retry_on_error=[*_NEW_CONNECTION],
        **options,
    )
    pool.connection_class = type("Connection", (_ClosedIsLost, pool.connection_class), {})
    client = Redis(connection_pool=pool)
    client.auto_close_connection_pool = True  # redis-py leaves a pool open that it did not make
    return client
