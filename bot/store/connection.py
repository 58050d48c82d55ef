"""How this program connects to Redis: with time limits, and within a small plan's connections."""

from datetime import timedelta
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.queue import deserialize, serialize

_HEALTH_CHECK_SECONDS = 30


def connect(
    url: str, *, cert_reqs: str = "required", timeout: timedelta, connections: int = 8
) -> Redis:
    """A client whose every wait ends within `timeout`: for a connection, an answer, a place in the pool.

    A connection that turns out to be dead is replaced once before an error is raised, which every
    script here allows: repeating one whose reply was lost changes nothing. Heroku's smallest plan
    has 20 connections in all, hence the small pool.
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
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        health_check_interval=_HEALTH_CHECK_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        retry_on_error=[RedisConnectionError],
        **options,
    )
    client = ArqRedis(pool, job_serializer=serialize, job_deserializer=deserialize)
    client.auto_close_connection_pool = True  # redis-py leaves a pool open that it did not make
    return client
