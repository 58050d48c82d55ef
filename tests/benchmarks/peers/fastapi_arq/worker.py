"""The worker, as arq's documentation shows one: https://arq-docs.helpmanual.io/#simple-usage."""

import os
from typing import Any

from arq.connections import RedisSettings
from httpx import AsyncClient

TOKEN = os.environ["SLACK_BOT_TOKEN"]
CHANNEL = os.environ["SLACK_CHANNEL"]


async def notify(ctx: dict[str, Any], event: dict[str, Any]) -> str:
    session: AsyncClient = ctx["session"]
    data = event["data"]
    text = f"Search completed with {data['resultCount']:,} results: “{data['query']}”"
    response = await session.post("chat.postMessage", json={"channel": CHANNEL, "text": text})
    reply = response.raise_for_status().json()
    if not reply["ok"]:
        raise RuntimeError(reply["error"])
    return str(reply["ts"])


async def startup(ctx: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    ctx["session"] = AsyncClient(base_url=os.environ["SLACK_API_URL"], headers=headers)


async def shutdown(ctx: dict[str, Any]) -> None:
    await ctx["session"].aclose()


class WorkerSettings:
    functions = (notify,)
    on_startup = startup
    on_shutdown = shutdown
    redis_settings = RedisSettings.from_dsn(os.environ["REDIS_URL"])
