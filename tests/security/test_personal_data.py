"""Personal data reaches its recipients, and no log, metric, queue or metadata."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault, SmtpFault
from bot.logging.setup import configure_logs
from bot.model import DeliveryState, EventState
from bot.registry import load_registry
from bot.store import Store
from bot.store.queue import JOB_KEY
from tests.app import Bot, envelope
from tests.polling import until
from tests.slack_app.traffic import signed, slash_command

CANARIES = {
    "profile field": "person-canary-1@example.com",
    "name of a field": "field-canary-2",
    "source": "source-canary-3",
    "profile id": "prof-canary-4",
    "query": "query-canary-5",
    "link": "https://exports.example.com/canary-6?signature=canary-7",
    "recruiter": "recruiter@example.com",
    "misfit": "misfit-canary-8",
    "unknown": "unknown-canary-9",
}
PROFILE = {
    "profileId": CANARIES["profile id"],
    "fields": {"email": CANARIES["profile field"], CANARIES["name of a field"]: 1},
    "source": CANARIES["source"],
}
EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "evt_profile": ("profile.enriched", PROFILE),
    "evt_search": (
        "search.completed",
        {"searchId": "s", "resultCount": 1, "query": CANARIES["query"]},
    ),
    "evt_export": ("export.ready", {"exportId": "e", "downloadUrl": CANARIES["link"]}),
    "evt_misfit": ("search.completed", {"searchId": "s", "resultCount": CANARIES["misfit"]}),
    "evt_unknown": ("candidate.replied", {"email": CANARIES["unknown"]}),
}
SETTLED = {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}


async def all_settled(store: Store) -> bool:
    for event_id in EVENTS:
        stored = await store.events.get(event_id)
        states = {delivery.state for delivery in stored.deliveries} if stored else set()
        if event_id != "evt_unknown" and not (states and states <= SETTLED):
            return False
    return True


async def job_blobs(redis: Redis) -> list[bytes]:
    return [blob for key in await redis.keys(JOB_KEY + "*") if (blob := await redis.get(key))]


async def send_everything(bot: Bot) -> None:
    """Send everything that a log might quote, with errors that quote it back."""
    bot.slack.plan_faults(
        "chat.postMessage", [HttpFault.error(CANARIES["query"]), HttpFault.status(500)]
    )
    bot.inbox.plan_faults("RCPT", [SmtpFault.reply_with(550, f"no {CANARIES['recruiter']}")])
    for event_id, (event_type, data) in EVENTS.items():
        body = envelope(event_id, event_type, **data)
        assert (await bot.receive(body)).status_code == 200
        assert (await bot.receive(body)).status_code == 200
        tampered = await bot.client.post("/webhooks/juicebox", content=body)
        assert tampered.status_code == 401


@pytest.fixture
def debug_logs(clean_logging: None, capsys: pytest.CaptureFixture[str]) -> Any:
    configure_logs("DEBUG", "json")
    return lambda: "".join(capsys.readouterr())


def told_in(text: str) -> dict[str, str]:
    return {
        name: canary
        for name, canary in CANARIES.items()
        if canary in text or json.dumps(canary)[1:-1] in text
    }


async def test_no_personal_data_is_in_a_log_a_metric_or_slacks_metadata(
    bot: Bot, debug_logs: Any
) -> None:
    await send_everything(bot)
    await until(lambda: all_settled(bot.jobs.store))
    await bot.jobs.store.counters.flush()
    logs = debug_logs()
    assert '"event": "attempt"' in logs
    assert told_in(logs) == {}
    assert told_in((await bot.client.get("/metrics")).text) == {}
    posts = bot.slack.calls("chat.postMessage")
    assert posts
    for call in posts:
        metadata = call.arguments["metadata"]
        assert told_in(json.dumps(metadata)) == {}
        assert set(metadata["event_payload"]) == {"delivery_id"}


async def test_no_personal_data_is_in_the_queue(bot: Bot, redis: Redis) -> None:
    """Reads the jobs while they run, because a finished job leaves nothing behind."""
    await send_everything(bot)
    blobs = await job_blobs(redis)

    async def settled() -> bool:
        blobs.extend(await job_blobs(redis))
        return await all_settled(bot.jobs.store)

    await until(settled)
    assert blobs
    for blob in blobs:
        assert told_in(blob.decode()) == {}
        assert all(name.startswith(("evt_", "dlv_")) for name in json.loads(blob)["a"])


async def test_personal_data_is_only_where_the_threat_model_says(bot: Bot, redis: Redis) -> None:
    """The keys in the table of SECURITY.md; a timeline may quote an error of Slack."""
    await send_everything(bot)
    await until(lambda: all_settled(bot.jobs.store))
    holds = set()
    for raw in await redis.keys("*"):
        dumped = str(await _read(redis, raw))
        if told_in(dumped.replace(CANARIES["recruiter"], "")):
            holds.add(":".join(raw.decode().split(":")[:2]))
    assert holds == {"juicebox:event", "juicebox:record"}


async def _read(redis: Redis, key: bytes) -> object:
    readers: dict[bytes, Any] = {
        b"hash": redis.hgetall,
        b"list": lambda k: redis.lrange(k, 0, -1),
        b"zset": lambda k: redis.zrange(k, 0, -1),
        b"string": redis.get,
    }
    kind = await redis.type(key)
    return None if kind == b"none" else await readers[kind](key)  # a lease may end meanwhile


async def test_a_forgotten_event_that_is_sent_again_is_a_duplicate(bot: Bot, redis: Redis) -> None:
    """Nothing of it is stored again, and nobody is notified."""
    store = bot.jobs.store
    body = envelope("evt_profile", "profile.enriched", **PROFILE)
    await bot.receive(body)

    async def handled() -> bool:
        stored = await store.events.get("evt_profile")
        return stored is not None and stored.state is EventState.HANDLED

    await until(handled)
    profile_id, subjects = CANARIES["profile id"], load_registry().subjects
    about = [row async for row in store.forgetting.events_about(profile_id, subjects)]
    assert about == [("evt_profile", True)]
    assert await store.forgetting.forget_event("evt_profile", bot.jobs.clock()) is True
    await store.forgetting.forget_subject(profile_id, subjects)
    assert (await bot.receive(body)).json() == {"received": True}
    stored = await store.events.get("evt_profile")
    assert stored is not None
    assert stored.state is EventState.FORGOTTEN
    held = [(key, await _read(redis, key)) for key in await redis.keys("*")]
    assert told_in(str(held)) == {}
    assert bot.slack.posts == []
    for text in ("status", "status evt_profile"):
        command = slash_command(text)
        headers = signed(command)
        answer = await bot.client.post("/slack/events", content=command, headers=headers)
        assert told_in(answer.text) == {}
    assert "Removed on request" in answer.text
