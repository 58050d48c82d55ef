"""How this program connects to Redis: with time limits, and within a small plan's connections."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError

from bot.store.redis_url import CertReqs, RedisAddress, Scheme, parse_redis_url

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


_CONNECTIONS: Mapping[Scheme, type[AbstractConnection]] = {
    Scheme.TCP: Connection,
    Scheme.TLS: SSLConnection,
    Scheme.UNIX: UnixDomainSocketConnection,
}


def connect(
    url: str, *, cert_reqs: CertReqs | None = None, timeout: timedelta, connections: int = 5
) -> Redis:
    """A client that waits for a connection or an answer no longer than `timeout`.

    A connection that turns out to be dead is replaced once before an error is raised, so what is
    sent must be harmless to repeat: the scripts say how they are. Heroku's smallest plan has 20
    connections in all, hence the small pool: two web processes and a worker want 15. Waiting for a
    place in it is no sign that Redis is away; whoever cannot wait limits the whole call.

    Raises:
        ValueError: if `parse_redis_url` does not take the URL.
    """
    address = parse_redis_url(url, cert_reqs)
    seconds = timeout.total_seconds()
    pool = BlockingConnectionPool(
        connection_class=type("Connection", (_ClosedIsLost, _CONNECTIONS[address.scheme]), {}),
        max_connections=connections,
        timeout=_PLACE_SECONDS,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        # Sent while connecting, and at a full Redis redis-py 5.3 recurses over them until it crashes.
        # Besides, some services refuse CLIENT. SELECT is sent only for a database other than 0.
        lib_name=None,
        lib_version=None,
        retry=Retry(NoBackoff(), 1, supported_errors=_NEW_CONNECTION),
        retry_on_error=[*_NEW_CONNECTION],
        db=address.db,
        username=address.username,
        password=address.password,
        **_connection_arguments(address),
    )
    client = Redis(connection_pool=pool)
    client.auto_close_connection_pool = True  # redis-py leaves a pool open that it did not make
    return client


def _connection_arguments(address: RedisAddress) -> dict[str, Any]:
    if address.scheme is Scheme.UNIX:
        return {"path": address.path, **address.options}
    arguments = {"host": address.host, "port": address.port, "socket_keepalive": True}
    if address.scheme is Scheme.TLS:
        checked = address.cert_reqs == "required"
        arguments |= {"ssl_cert_reqs": address.cert_reqs, "ssl_check_hostname": checked}
    return {**arguments, **address.options}
