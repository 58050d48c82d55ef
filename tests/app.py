"""The web application and the worker in the event loop of a test."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.intake.signature import sign
from bot.settings import Settings
from bot.web import create_app
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker

SECRET = b"whsec_current"
MakeSettings = Callable[..., Settings]
"""The fixture `make_settings`."""
SettingsFault = Callable[..., str]
"""The fixture `fault`."""


def envelope(event_id: str = "evt_1", event_type: str = "search.completed", **data: Any) -> bytes:
    """Return the body of a webhook with the current time."""
    content = {
        "id": event_id,
        "type": event_type,
        "timestamp": datetime.now(UTC).isoformat(),
        "data": data or {"searchId": "srch_1", "resultCount": 1204},
    }
    return json.dumps(content).encode()


def signed(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    return {"content-type": "application/json", "x-juicebox-signature": sign(body, secret)}


@asynccontextmanager
async def web_client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Start the web application, and yield a client for it."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            yield client


@asynccontextmanager
async def running_worker(settings: Settings) -> AsyncIterator[WorkerTasks]:
    """Run a worker; at the end, stop it as SIGTERM does."""
    jobs = build_jobs(settings)
    worker = Worker(jobs)
    task = asyncio.create_task(worker.run())
    try:
        yield jobs
    finally:
        worker.stop()
        await task
        await jobs.close()


@dataclass(frozen=True)
class Bot:
    """The whole bot, with a local Slack and a mail server."""

    client: httpx.AsyncClient
    jobs: WorkerTasks
    slack: LocalSlack
    inbox: Inbox

    async def receive(self, body: bytes) -> httpx.Response:
        """Send a signed webhook."""
        return await self.client.post("/webhooks/juicebox", content=body, headers=signed(body))
