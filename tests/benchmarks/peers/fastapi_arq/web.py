"""The webhook endpoint: FastAPI checks the signature, arq stores the job."""

import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arq import create_pool
from arq.connections import RedisSettings
from fastapi import FastAPI, HTTPException, Request

SECRET = os.environ["JUICEBOX_WEBHOOK_SECRET"].encode()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.queue = await create_pool(RedisSettings.from_dsn(os.environ["REDIS_URL"]))
    yield
    await app.state.queue.aclose()


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    return {"ok": True}


@app.post("/webhooks/juicebox")
async def receive(request: Request) -> dict[str, bool]:
    body = await request.body()
    given = request.headers.get("x-juicebox-signature", "").removeprefix("sha256=")
    expected = hmac.digest(SECRET, body, "sha256").hex()
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(401, "Invalid signature")
    event = json.loads(body)
    await request.app.state.queue.enqueue_job("notify", event, _job_id=event["id"])
    return {"received": True}
