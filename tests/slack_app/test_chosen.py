"""From a command in Slack to what the worker sends, and when."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation
from bot.fakes.smtp import Inbox
from bot.model import Destination, Event, Transport
from bot.slack_app.context import AppContext
from bot.store.queue import JobId, Task
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.factories import make_event
from tests.run_jobs import event_job, run_all, run_job
from tests.slack_app.conftest import Clock
from tests.slack_app.typed import OPERATOR, RECRUITER, Chat, chat_with
from tests.stored_events import accept
from tests.worker.quiet_hours import at

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
ME = Destination(Transport.SLACK, RECRUITER)
TEAM = Conversation("C0TEAM", "team")
SEARCH = "Search completed with {count} results"


@pytest.fixture
async def worker(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox, clock: Clock
) -> AsyncIterator[WorkerTasks]:
    """The tasks of a worker whose settings name the default channel, at the time of the chat."""
    slack_api.workspace.add(TEAM)
    settings = make_settings(
        SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url, SLACK_CHANNEL="#recruiting", EMAIL_TO=None
    )
    built = build_jobs(settings, clock=clock)
    yield built
    await built.close()


@pytest.fixture
async def talk(
    context: AppContext, make_settings: MakeSettings, worker: WorkerTasks
) -> AsyncIterator[Chat]:
    """A chat with the bot of the same settings."""
    spelled = dict(worker.recipients.audiences)
    async with chat_with(replace(context, audiences=spelled)) as chat:
        yield chat


async def handle(worker: WorkerTasks, event_id: str, count: int, query: str = "") -> None:
    data = {"searchId": f"srch_{event_id}", "resultCount": count, "query": query}
    await run(worker, make_event(event_id, data=data, timestamp=worker.clock()))


async def run(worker: WorkerTasks, event: Event) -> None:
    await accept(worker.store, event, now=worker.clock())
    await run_job(worker, event_job(event.id))


def texts_in(slack_api: LocalSlack, channel: str) -> list[str]:
    return [post.text for post in slack_api.posts if post.channel == channel]


async def test_a_channel_that_subscribes_gets_what_it_asked_for(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack
) -> None:
    await talk.type('subscribe search query:"rust berlin" min:100', channel="C0TEAM")
    await handle(worker, "evt_1", 500, "Berliner mit Rüst")
    await handle(worker, "evt_2", 99, "Rust in Berlin")
    await handle(worker, "evt_3", 100, "Rúst developers in BERLIN")
    await handle(worker, "evt_4", 400, "Go in Berlin")
    assert texts_in(slack_api, "C0TEAM") == [
        "Search completed with 500 results: “Berliner mit Rüst”",
        "Search completed with 100 results: “Rúst developers in BERLIN”",
    ]
    assert len(texts_in(slack_api, "C0RECRUIT")) == 4


async def test_the_default_channel_gets_only_what_it_left(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack
) -> None:
    """The settings name it `#recruiting`, and Slack's requests have its id."""
    await talk.type("unsubscribe search")
    await handle(worker, "evt_1", 500)
    assert slack_api.posts == []
    await talk.type("subscribe search min:100")
    await handle(worker, "evt_2", 99)
    await handle(worker, "evt_3", 100)
    assert texts_in(slack_api, "C0RECRUIT") == [SEARCH.format(count=100)]
    await talk.type("subscribe search")
    await handle(worker, "evt_4", 5)
    assert texts_in(slack_api, "C0RECRUIT")[1:] == [SEARCH.format(count=5)]


async def test_overlapping_rules_give_one_message_for_each_place(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack, inbox: Inbox
) -> None:
    for text in ("search", "all", "search min:1", "search me", "all me", "search email"):
        await talk.type(f"subscribe {text}")
    await handle(worker, "evt_1", 7)
    assert len(texts_in(slack_api, "C0RECRUIT")) == 1
    assert len(texts_in(slack_api, "D0RECRUITER")) == 1
    [mail] = inbox.mails
    assert mail.message["To"] == "recruiter@example.com"


async def test_a_recruiter_who_subscribes_to_a_key_reads_no_command(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack
) -> None:
    await talk.type("subscribe key me")
    await run(worker, make_event("evt_1", "key.rotated", data={"newKeyPrefix": "jb_live_9"}))
    [direct] = [post for post in slack_api.posts if post.channel == "D0RECRUITER"]
    [alert] = [post for post in slack_api.posts if post.channel == "C0ALERTS"]
    assert "JUICEBOX_API_KEY" in str(alert.blocks)
    assert "JUICEBOX_API_KEY" not in str(direct.blocks)


async def test_a_mute_skips_and_its_end_is_told_in_one_line(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack, clock: Clock
) -> None:
    await talk.type("mute 2h search")
    await handle(worker, "evt_1", 1)
    await handle(worker, "evt_2", 2)
    assert slack_api.posts == []
    await talk.type("unmute")
    await run_all(at(worker, clock.now + timedelta(seconds=1)))
    assert texts_in(slack_api, "C0RECRUIT") == ["2 messages missed while muted"]


async def test_a_person_who_flies_to_tokyo_has_their_night_there(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack, clock: Clock
) -> None:
    clock.now = datetime(2026, 1, 15, 23, tzinfo=BERLIN).astimezone(UTC)
    await talk.type("subscribe search me")
    await talk.type("quiet 19:00-08:00")
    await handle(worker, "evt_1", 1)
    await handle(worker, "evt_2", 2)
    assert texts_in(slack_api, "D0RECRUITER") == []
    await talk.tell(type="user_change", user={"id": RECRUITER, "tz": "Asia/Tokyo"})
    seven, eight = (datetime(2026, 1, 16, hour, 59, tzinfo=TOKYO) for hour in (7, 8))
    waiting = JobId(Task.DESTINATION, str(ME))
    await run_job(at(worker, seven), waiting)
    assert texts_in(slack_api, "D0RECRUITER") == []
    await run_job(at(worker, eight), waiting)
    [summary] = texts_in(slack_api, "D0RECRUITER")
    assert summary.startswith("2 updates while it was quiet")
    await run_job(at(worker, eight + timedelta(hours=8)), waiting)
    assert len(texts_in(slack_api, "D0RECRUITER")) == 1


async def test_what_waits_comes_as_soon_as_quiet_hours_are_ended(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack, clock: Clock
) -> None:
    clock.now = datetime(2026, 1, 15, 23, tzinfo=BERLIN).astimezone(UTC)
    await talk.type("subscribe search me")
    await talk.type("quiet 19:00-08:00")
    await handle(worker, "evt_1", 1)
    assert texts_in(slack_api, "D0RECRUITER") == []
    await talk.type("quiet off")
    await run_all(worker)
    assert texts_in(slack_api, "D0RECRUITER") == ["Search completed with 1 result"]


async def test_what_one_person_chooses_is_for_that_person(
    talk: Chat, worker: WorkerTasks, slack_api: LocalSlack
) -> None:
    await talk.type("subscribe search me", user=OPERATOR)
    await handle(worker, "evt_1", 3)
    assert texts_in(slack_api, "D0OPERATOR") == [SEARCH.format(count=3)]
    assert texts_in(slack_api, "D0RECRUITER") == []
