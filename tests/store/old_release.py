"""The keys that release 0.4.0 left in Redis: events in every state, and the jobs that they wait for.

They were recorded by running its code; `juicebox:event:evt_<state>` says what each event is for.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.queue_times import now_ms

_RECORDED: Any = json.loads(Path(__file__).with_name("release_0_4_0.json").read_text())
KEYS: Mapping[str, Any] = {name: kept["value"] for name, kept in _RECORDED["keys"].items()}
EVENTS = [name.removeprefix("juicebox:event:") for name in KEYS if "juicebox:event:" in name]
OLD_PATTERNS = ("juicebox:trail:*", "juicebox:deliver*", "juicebox:queue")
TTL = 86_400_000
FAILED = "dlv_447eafd16cdb3ea0115547d4"
FAILED_JOB = f"report_dead_letter:{FAILED}:evt_failed"
LIMITED_JOB = "retry_delivery:dlv_b612be40b674df18fd407fea:evt_limited"
RETRYING_JOB = "retry_delivery:dlv_e45955cc94f7a8deccec9e25:evt_retrying"
NEW_JOBS = {
    *(f"handle_event::evt_{name}" for name in ("accepted", "dialect", "test", "pending")),
    *("handle_event::evt:1:é", "handle_event::evt_sending", "handle_event::evt_limited"),
    *(LIMITED_JOB, RETRYING_JOB, FAILED_JOB),
    "retry_delivery:dlv_9eff260860bccce07d2950cc:evt_requeued",
    "retry_delivery:dlv_d4736590e731f791771ca9b2:evt_notice_retrying",
    *("report_dead_letter::evt_dead", "report_dead_letter::evt_notice_pending"),
}
"""The jobs that must be in the queue of this release afterwards."""


async def restore_keys(redis: Redis) -> None:
    """Write the recorded keys; jobs are due as long from now as they were at the recording."""
    later = await now_ms(redis) - _RECORDED["recorded_at_ms"]
    async with redis.pipeline(transaction=False) as pipe:
        for name, kept in _RECORDED["keys"].items():
            value = kept["value"]
            match kept["type"]:
                case "hash":
                    pipe.hset(name, mapping=value)
                case "list":
                    pipe.rpush(name, *value)
                case "string":
                    pipe.set(name, value)
                case _:
                    moved = later if name in {"juicebox:queue", "juicebox:unfinished"} else 0
                    pipe.zadd(name, {m: score and score + moved for m, score in value.items()})
            if name.startswith(("juicebox:event:", "juicebox:trail:", "juicebox:deliver")):
                pipe.pexpire(name, TTL)
        await pipe.execute()


async def downgrade_to_0_3_0(redis: Redis) -> None:
    """Move the jobs to where release 0.3.0 has them; it had no index."""
    await redis.rename("juicebox:queue", "arq:queue")
    await redis.delete("juicebox:unfinished")


async def old_keys(redis: Redis) -> list[str]:
    """Return the keys and jobs of the older release that are left, except the logs that expire."""
    unfinished = await redis.zrange("juicebox:unfinished", 0, -1)
    found = {raw.decode() for raw in unfinished} - {"-"}
    for pattern in OLD_PATTERNS:
        found |= {raw.decode() for raw in await redis.keys(pattern)}
    for raw in await redis.keys("arq:job:*"):
        name = raw.decode().removeprefix("arq:job:")
        found |= {name} & set(KEYS["juicebox:queue"])
    return sorted(found)


def recorded_deliveries(event_id: str) -> Mapping[str, Mapping[str, str]]:
    ids = KEYS.get(f"juicebox:deliveries:{event_id}", [])
    return {name: KEYS[f"juicebox:delivery:{name}"] for name in ids}


def recorded_steps(event_id: str) -> list[dict[str, Any]]:
    return [json.loads(step) for step in KEYS[f"juicebox:trail:{event_id}"]]
