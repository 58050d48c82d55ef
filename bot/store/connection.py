"""Connections to Redis, with timeouts and within the connection limit of a small plan."""

from collections.abc import Iterable, Mapping
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
from redis.connection import HiredisRespSerializer
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError

from bot.store.redis_url import CertReqs, RedisAddress, Scheme, parse_redis_url

_RECONNECT_ERRORS = (RedisConnectionError, ReadOnlyError)
"""Errors that a new connection can fix. After a failover, old connections lead to a replica."""


class _ClosedConnection(AbstractConnection):
    """Raises redis-py's error if the connection was closed just before a command is written.

    If Redis closed it, asyncio's own loop raises an OSError, which redis-py translates; uvloop a bare
    RuntimeError. If our pool did, redis-py has no writer any more.
    """

    __slots__ = ()

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        try:
            await super().send_packed_command(*args, **options)
        except RuntimeError as error:
            if type(error) is not RuntimeError:
                raise
            raise RedisConnectionError("Redis closed the connection before the command") from error
        except AttributeError as error:
            if self.is_connected:
                raise
            raise RedisConnectionError("the connection was closed before the command") from error


class _HiredisPacking(AbstractConnection):
    """Packs commands by hiredis, as redis-py's own client without asyncio does: five times as fast."""

    __slots__ = ()

    def pack_command(self, *args: Any) -> list[bytes]:
        packed: list[bytes] = _SERIALIZER.pack(*args)
        return packed

    def pack_commands(self, commands: Iterable[Any]) -> list[bytes]:
        return [b"".join([packed for command in commands for packed in _SERIALIZER.pack(*command)])]


_SERIALIZER = HiredisRespSerializer()
_MIXINS = (_ClosedConnection, _HiredisPacking)
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
    the small pool: two web processes and a worker use 16. Waiting for a free connection of the pool
    has a timeout of its own, since it does not mean that Redis is unavailable; a caller with less
    time limits the whole call.

    Raises:
        ValueError: if `parse_redis_url` rejects the URL.
    """
    address = parse_redis_url(url, cert_reqs)
    seconds = timeout.total_seconds()
    pool = BlockingConnectionPool(
        connection_class=type("Connection", (*_MIXINS, _CONNECTIONS[address.scheme]), {}),
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


def waiting_client(redis: Redis, timeout: timedelta) -> Redis:
    """Return a client with one connection, for a command that Redis answers after up to `timeout`."""
    pool = redis.connection_pool
    arguments = {**pool.connection_kwargs, "retry": Retry(NoBackoff(), 0), "retry_on_error": []}
    arguments["socket_timeout"] = timeout.total_seconds() + arguments["socket_timeout"]
    client = Redis(
        connection_pool=BlockingConnectionPool(
            connection_class=pool.connection_class, max_connections=1, timeout=10, **arguments
        )
    )
    client.auto_close_connection_pool = True
    return client


def _connection_arguments(address: RedisAddress) -> dict[str, Any]:
    if address.scheme is Scheme.UNIX:
        return {"path": address.path, **address.options}
    arguments = {"host": address.host, "port": address.port, "socket_keepalive": True}
    if address.scheme is Scheme.TLS:
        verified = address.cert_reqs == "required"
        arguments |= {"ssl_cert_reqs": address.cert_reqs, "ssl_check_hostname": verified}
    return {**arguments, **address.options}
