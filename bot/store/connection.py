"""Connections to Redis, with timeouts and within the connection limit of a small plan."""

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

_RECONNECT_ERRORS = (RedisConnectionError, ReadOnlyError)
"""Errors that a new connection can fix. After a failover, old connections lead to a replica."""


class _UvloopConnection(AbstractConnection):
    """Raises redis-py's error if Redis closed the connection just before a command is written.

    asyncio's own loop raises an OSError then, which redis-py translates; uvloop a bare RuntimeError.
    """

    __slots__ = ()

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        try:
            await super().send_packed_command(*args, **options)
        except RuntimeError as error:
            if type(error) is not RuntimeError:
                raise
            raise RedisConnectionError("Redis closed the connection before the command") from error


_CONNECTIONS: Mapping[Scheme, type[AbstractConnection]] = {
    Scheme.TCP: Connection,
    Scheme.TLS: SSLConnection,
    Scheme.UNIX: UnixDomainSocketConnection,
}


def connect(
    url: str, *, cert_reqs: CertReqs | None = None, timeout: timedelta, connections: int = 5
) -> Redis:
    """Return a client that waits for connecting and for each reply no longer than `timeout`.

    A broken connection is replaced once before an error is raised, so a command may be sent twice:
    the scripts say why that is harmless. Heroku's smallest plan allows 20 connections in all, hence
    the small pool: two web processes and a worker use 15. Waiting for a free connection of the pool
    has a timeout of its own, since it does not mean that Redis is unavailable; a caller with less
    time limits the whole call.

    Raises:
        ValueError: if `parse_redis_url` rejects the URL.
    """
    address = parse_redis_url(url, cert_reqs)
    seconds = timeout.total_seconds()
    pool = BlockingConnectionPool(
        connection_class=type("Connection", (_UvloopConnection, _CONNECTIONS[address.scheme]), {}),
        max_connections=connections,
        timeout=10,  # seconds to wait for a free connection
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        # Sent while connecting: at a full Redis, redis-py 5.3 recurses over them until it crashes,
        # and some services refuse CLIENT. SELECT is sent only for a database other than 0.
        lib_name=None,
        lib_version=None,
        retry=Retry(NoBackoff(), 1, supported_errors=_RECONNECT_ERRORS),
        retry_on_error=[*_RECONNECT_ERRORS],
        db=address.db,
        username=address.username,
        password=address.password,
        **_connection_arguments(address),
    )
    client = Redis(connection_pool=pool)
    client.auto_close_connection_pool = True  # redis-py leaves a given pool open
    return client


def _connection_arguments(address: RedisAddress) -> dict[str, Any]:
    if address.scheme is Scheme.UNIX:
        return {"path": address.path, **address.options}
    arguments = {"host": address.host, "port": address.port, "socket_keepalive": True}
    if address.scheme is Scheme.TLS:
        verified = address.cert_reqs == "required"
        arguments |= {"ssl_cert_reqs": address.cert_reqs, "ssl_check_hostname": verified}
    return {**arguments, **address.options}
