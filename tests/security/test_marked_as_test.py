"""Events of `send --test`: all their messages are marked, and nothing is recorded."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.sample import sample
from bot.views.event_summary import summarize_event
from tests.app import Bot, envelope
from tests.factories import NOW, make_event
from tests.faults.test_once import settled


def sample_event(event_type: str) -> bytes:
    now = datetime.now(UTC)
    return sample(event_type, None, now, event_id="evt_1", test=True)[1]


async def test_a_test_event_is_marked_in_slack_and_by_mail(bot: Bot) -> None:
    assert (await bot.receive(sample_event("export.ready"))).status_code == 200
    [post] = await bot.slack.wait_for(1)
    [mail] = await bot.inbox.wait_for(1)
    assert post.text.startswith("Test: Export ready")
    assert post.blocks[0]["text"]["text"] == "Test: Export ready: 1,204 records"
    assert mail.message["Subject"] == "Test: Export ready: 1,204 records"
    assert mail.text.startswith("Test: Export ready")
    stored = await bot.jobs.store.events.get("evt_1")
    assert stored is not None
    assert stored.event.test is True


async def test_a_notice_about_a_failed_test_event_is_marked(bot: Bot) -> None:
    now = datetime.now(UTC).isoformat()
    broken = {"id": "evt_1", "type": "export.ready", "timestamp": now, "data": {}, "test": True}
    await bot.receive(json.dumps(broken).encode())
    [notice] = await bot.slack.wait_for(1)
    assert notice.text.startswith("Test: Not handled: export.ready")


@pytest.mark.parametrize(
    ("event_type", "kind", "record_id"),
    [
        ("export.ready", "export", "exp_5t7h1q"),
        ("quota.warning", "quota", "latest"),
        ("profile.enriched", "profile", "prof_2x9d4w"),
    ],
)
async def test_a_test_event_is_neither_recorded_nor_counted(
    bot: Bot, event_type: str, kind: str, record_id: str
) -> None:
    await bot.jobs.store.redis.set("profile:prof_2x9d4w", "a cached copy")
    await bot.receive(sample_event(event_type))
    await settled(bot)
    assert await bot.jobs.store.records.get(kind, record_id) is None
    assert await bot.jobs.store.redis.get("profile:prof_2x9d4w") == b"a cached copy"
    await bot.receive(envelope("evt_real"))
    await settled(bot, "evt_real")
    await bot.jobs.store.counters.flush()
    measured = (await bot.client.get("/metrics")).text.splitlines()
    accepted = [line for line in measured if "events_accepted_total{" in line]
    assert accepted == ['juicebox_events_accepted_total{type="search.completed"} 1.0']
    sent = [line for line in measured if line.startswith("juicebox_deliveries_total{")]
    assert {line.rpartition(" ")[2] for line in sent} == {"1.0"}
    calls = [line for line in measured if line.startswith("juicebox_attempt_seconds_count{")]
    assert {line.rpartition(" ")[2] for line in calls} == {"1.0"}
    now = datetime.now(UTC)
    counts = await bot.jobs.store.events.counts_since(now - timedelta(hours=1), now)
    assert counts == {"search.completed": 1}


def test_the_summary_of_a_test_event_without_a_message_is_marked() -> None:
    event = make_event("evt_1", "profile.enriched", timestamp=NOW, data={"profileId": "p"})
    marked = type(event)(event.id, event.type, event.timestamp, event.data, test=True)

    def no_message(_: object) -> str:
        raise AssertionError("there is no message")

    summary = summarize_event(marked, has_deliveries=False, describe=no_message)
    assert summary == "Test: Profile enriched (profileId p)"
