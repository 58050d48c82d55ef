"""Records of libraries are logged in our format, without payloads."""

import asyncio
import logging
import re
from typing import Any

import aiohttp
import arq
import structlog
import uvicorn
from aiohttp import web
from arq.worker import Worker
from redis.asyncio import Redis
from redis.exceptions import RedisError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.redis_server import free_port
from bot.logging.setup import configure_logs
from tests.http_server import serving
from tests.logging.conftest import CANARY, Output

_log = structlog.get_logger()


def test_a_literal_message_is_logged_without_its_arguments(output: Output) -> None:
    logging.getLogger("arq.worker").warning("job %s expired", CANARY)
    (line,) = output()
    assert 'level=warning event="job %s expired" logger=arq.worker' in line
    assert re.search(r"at=\S*test_library_logs\.py:\d+", line)
    assert CANARY not in line


def test_a_formatted_message_is_withheld(output: Output) -> None:
    logging.getLogger("some.library").warning(f"Unhandled {CANARY}")  # noqa: G004 - as slack_bolt does it
    (line,) = output()
    assert 'event="message withheld" logger=some.library' in line
    assert CANARY not in line


def test_a_record_without_a_frame_is_withheld(output: Output) -> None:
    record = logging.LogRecord("far.away", 35, "gone.py", 7, "literal", None, None)
    logging.getLogger().handle(record)
    (line,) = output()
    assert 'level=warning event="message withheld" logger=far.away at=gone.py:7' in line


def test_records_below_warning_are_not_logged(output: Output) -> None:
    logger = logging.getLogger("arq.worker")
    logger.setLevel(logging.DEBUG)
    try:
        logger.info("starting %s", CANARY)
        assert output() == []
    finally:
        logger.setLevel(logging.NOTSET)


def test_a_failed_bind_is_logged_by_type(output: Output) -> None:
    logging.getLogger("uvicorn.error").error(OSError(98, CANARY))
    assert "event=OSError[EADDRINUSE]" in output()[0]


async def test_arq_logs_neither_arguments_nor_errors(output: Output, redis: Redis) -> None:
    async def fail(_ctx: dict[str, Any], argument: str) -> None:
        raise ValueError(argument)

    pool = arq.ArqRedis(connection_pool=redis.connection_pool)
    await pool.enqueue_job("fail", CANARY)
    worker = Worker([arq.func(fail, name="fail")], redis_pool=pool, burst=True, poll_delay=0.01)
    await worker.async_run()
    lines = output()
    assert len(lines) == 1
    assert "logger=arq.worker" in lines[0]
    assert "exception=ValueError" in lines[0]
    assert CANARY not in lines[0]


async def test_slack_sdk_logs_no_token(output: Output) -> None:
    configure_logs("DEBUG", "logfmt")
    url = f"http://127.0.0.1:{free_port()}/{CANARY}/"
    client = AsyncWebClient(token=CANARY, base_url=url, retry_handlers=[], timeout=1)
    try:
        await client.api_call("chat.postMessage", json={"text": CANARY})
    except aiohttp.ClientError:
        _log.exception("attempt failed")
    (line,) = output()
    assert "aiohttp.client_exceptions.ClientConnectorError[ECONNREFUSED] from " in line
    assert "slack_sdk/web/async_internal_utils.py:" in line
    assert CANARY not in line


async def test_aiohttp_logs_no_error_message(output: Output) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise ValueError(CANARY)

    app = web.Application()
    app.router.add_get("/", fail)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        await session.get(f"{url}/?token={CANARY}")
    (line,) = output()
    assert "logger=aiohttp.server" in line
    assert "exception=ValueError" in line
    assert CANARY not in line


async def test_asyncio_logs_no_error_message(output: Output) -> None:
    async def fail() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fail(), name=CANARY)
    await asyncio.wait({task})
    del task
    (line,) = output()
    assert "logger=asyncio" in line
    assert "exception=ValueError" in line
    assert CANARY not in line


async def test_redis_logs_no_password(output: Output) -> None:
    async with Redis.from_url(f"redis://:{CANARY}@127.0.0.1:{free_port()}/0") as redis:
        try:
            await redis.get(CANARY)
        except RedisError:
            _log.exception("redis is away")
    (line,) = output()
    assert "redis.exceptions.ConnectionError" in line
    assert CANARY not in line


def uvicorn_server(app: Any) -> uvicorn.Server:
    config = uvicorn.Config(app, port=free_port(), log_config=None, access_log=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


async def test_uvicorn_logs_its_lifecycle_and_no_error_message(output: Output) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError(CANARY)

    server = uvicorn_server(app)
    await server.startup()
    async with aiohttp.ClientSession() as session:
        await session.get(f"http://127.0.0.1:{server.config.port}/?secret={CANARY}")
    await server.shutdown()
    lines = output()
    assert 'level=info event="Uvicorn running on http://127.0.0.1:' in "\n".join(lines)
    (failed,) = [line for line in lines if "level=error" in line]
    assert 'event="Exception in ASGI application" logger=uvicorn.error' in failed
    assert "exception=ValueError" in failed
    assert CANARY not in "\n".join(lines)


async def test_a_failed_start_is_logged_without_the_error_message(output: Output) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            int(CANARY)
        except ValueError:
            failed = {"type": "lifespan.startup.failed", "message": f"Traceback: {CANARY}"}
            await send(failed)
            raise

    await uvicorn_server(app).lifespan.startup()
    text = "\n".join(output())
    assert "exception=ValueError" in text
    assert 'event="Application startup failed. Exiting."' in text
    assert CANARY not in text
