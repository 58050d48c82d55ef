"""`/juicebox status`: the whole answer, what it leaves out, and hostile input."""

from datetime import timedelta
from typing import Any

import httpx
from redis.asyncio import Redis

from bot.model import Destination, Record, Transport
from bot.store import Store, keys
from bot.store.queue import HEARTBEAT, QUEUE
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event, seconds
from tests.queue_times import now_ms
from tests.slack_app.asking import answer_to, lines
from tests.slack_app.conftest import Ask, AskText, Clock, texts
from tests.slack_app.stored import AT_14_30, SEARCH, open_to, overview_of, settle
from tests.stored_events import accept, dead_letter, handle, keep, leave_unhandled, rewrite

DETAILS = (
    "One of them in detail: `/juicebox status &lt;id&gt;`, where a part of the id is enough."
    " Why it came, or did not: `/juicebox why &lt;id or words&gt;`"
)


async def test_status_explains_what_to_do_before_the_first_event(
    ask_text: AskText, http: httpx.AsyncClient
) -> None:
    assert (
        await ask_text("status")
        == f"""\
Juicebox status
⚠️ *The worker is not running: what comes in waits.* It has to be started where I run.
*No events yet.* When Juicebox sends one, it shows up here.
• Try me without it: `/juicebox test`
• Has the webhook been registered? The person who looks after me can tell.
0 events in 24 hours
{DETAILS}"""
    )
    to_operators = "\n".join(await lines(http, "status", channel_id="C0ALERTS"))
    assert "registered? `python -m bot webhook create https://…/webhooks/juicebox`" in to_operators


async def test_status_shows_how_things_stand_and_a_line_for_each_event(
    ask_text: AskText, ask: Ask, store: Store, redis: Redis, clock: Clock
) -> None:
    slack, mail = await open_to(store, "evt_1", SLACK, MAIL)
    await settle(store, slack, "sent")
    await settle(store, mail, "retrying", "the mail server is busy")
    profile = make_event("evt_2", "profile.enriched", data={"profileId": "prof_1", "fields": []})
    await accept(store, profile, NOW + seconds(1))
    await handle(store, event_id="evt_2")
    unknown = make_event("evt_3", "candidate.hired", data={"name": "x" * 99, "candidateId": 7})
    await accept(store, unknown, NOW + seconds(2))
    await leave_unhandled(store, "evt_3")
    export = make_event("evt_4", "export.ready", data={"downloadUrl": "ftp://example.com/x"})
    await accept(store, export, NOW + seconds(3))
    await dead_letter(store, "evt_4", "downloadUrl must be an https:// address")
    await accept(store, make_event("evt_5"), NOW + seconds(4))
    quota = {"usage": 8400, "limit": 10000, "resetDate": 1769904000}
    await keep(store, Record("quota", "latest", quota))
    await redis.set(HEARTBEAT, "alive")
    await redis.zadd(QUEUE, {"handle_event::evt_1": await now_ms(redis) - 60_000})
    clock.now = NOW + seconds(60)
    assert (
        await ask_text("status")
        == f"""\
Juicebox status
⚠️ *1 message could not be sent.* `/juicebox failed` lists it.
⏳ Search completed · {AT_14_30} · `evt_5`
❌ Export ready · {AT_14_30} · `evt_4`
🗄️ Candidate hired · {AT_14_30} · `evt_3`
🗄️ Profile enriched · {AT_14_30} · `evt_2`
🔁 Search completed with 1,204 results: “rust engineer” · {AT_14_30} · `evt_1`
*Quota* `▰▰▰▰▰▰▰▰▱▱` 84.0% · 8,400 of 10,000 · resets 1 Feb 2026
5 events in 24 hours: `search.completed` 2 · `candidate.hired` 1 · `export.ready` 1 · `profile.enriched` 1
{DETAILS}"""
    )
    assert (await ask("status"))["text"] == "Juicebox: 1 message could not be sent."


async def headline_of(ask: Ask) -> str:
    text: str = (await ask("status"))["text"]
    return text.removeprefix("Juicebox: ")


async def test_one_line_says_how_things_stand(ask: Ask, store: Store, redis: Redis) -> None:
    for n in range(14):
        await accept(store, f"evt_{n}")
    assert await headline_of(ask) == "The worker is not running: 14 events wait."
    await redis.set(HEARTBEAT, "alive")
    assert await headline_of(ask) == "Everything is working."
    await redis.zadd(QUEUE, {"handle_event::evt_1": await now_ms(redis) - 3 * 3_600_000})
    assert await headline_of(ask) == "14 events wait, the oldest for 3 h 0 min."
    await dead_letter(store, "evt_1")
    await dead_letter(store, "evt_2")
    assert await headline_of(ask) == "2 messages could not be sent."


async def test_each_outcome_has_a_symbol(ask: Ask, store: Store) -> None:
    for n, state in enumerate(("sent", "failed", "skipped", "retrying")):
        [delivery] = await open_to(store, f"evt_{n}", SLACK, now=NOW + seconds(n))
        await settle(store, delivery, state, "why")
    await open_to(store, "evt_4", SLACK, now=NOW + seconds(4))
    assert [line[0] for line in await overview_of(ask)] == ["⏳", "🔁", "🔕", "❌", "✅"]


async def test_the_ten_latest_events_are_shown_newest_first(ask: Ask, store: Store) -> None:
    for n in range(12):
        await accept(store, make_event(f"evt_{n}"), NOW + seconds(n))
    ids = [line.rpartition("· ")[2] for line in await overview_of(ask)]
    assert ids == [f"`evt_{n}`" for n in range(11, 1, -1)]


async def test_counts_cover_24_hours_and_the_eight_most_frequent_types(
    ask_text: AskText, store: Store, clock: Clock
) -> None:
    await accept(store, make_event("old", "old.type"), NOW - timedelta(hours=25))
    for n in range(10):
        for copy in range(2 if n == 9 else 1):
            await accept(store, make_event(f"evt_{n}_{copy}", f"type.{n}"), NOW)
    lines = (await ask_text("status")).splitlines()
    assert lines[-2] == (
        "11 events in 24 hours: `type.9` 2 · `type.0` 1 · `type.1` 1 · `type.2` 1 · `type.3` 1"
        " · `type.4` 1 · `type.5` 1 · `type.6` 1 · +2 more types"
    )


async def test_unreadable_records_are_left_out(
    ask_text: AskText, store: Store, redis: Redis
) -> None:
    deliveries = await open_to(store, "evt_1", SLACK, MAIL)
    await accept(store, make_event("evt_2"), NOW + seconds(1))
    await rewrite(redis, "event", "evt_2", state="<!channel>")
    await rewrite(redis, deliveries[0].id, attempts="many")
    await redis.hset(keys.record("quota", "latest"), "at", "now")  # type: ignore[misc]  # redis-py types it as sync, too
    assert "evt_2" not in await ask_text("status")
    answer = await ask_text("status evt_1")
    assert "⏳ Waiting to be sent to recruiter@example.com\n" in answer


async def test_an_event_is_summarized_from_its_data_if_its_handler_fails(
    ask: Ask, store: Store
) -> None:
    """An older release has sent it."""
    await accept(store, make_event(data={"searchId": "srch_1", "resultCount": "many"}))
    await handle(store, make_delivery())
    [line] = await overview_of(ask)
    assert "Search completed (searchId srch_1, resultCount many)" in line


HOSTILE = "<!channel> <@U0RECRUITER> <https://evil.example|click> \"'\\ `*\n• &amp; \u202e{{7*7}}"


async def test_hostile_input_can_neither_ping_nor_break_the_answer(
    http: httpx.AsyncClient, store: Store
) -> None:
    hostile = make_event(HOSTILE, HOSTILE, data={HOSTILE: "x", "query": "<!here>"})
    await accept(store, hostile)
    to = [Destination(Transport.SLACK, "<!channel>"), Destination(Transport.EMAIL, HOSTILE)]
    deliveries = [make_delivery(HOSTILE, t) for t in to]
    await handle(store, *deliveries, event_id=HOSTILE)
    await settle(store, deliveries[0], "failed", HOSTILE)
    await settle(store, deliveries[1], "retrying", HOSTILE)
    await keep(store, Record("quota", "latest", {HOSTILE: 1}), event_id=HOSTILE)
    await accept(store, make_event("evt_1", data=SEARCH | {"query": HOSTILE}))
    await handle(store, make_delivery(destination=MAIL))
    for command in ("status", f"status {HOSTILE}"):
        message = await answer_to(http, command, channel_id="C0ALERTS")
        answer = "\n".join(texts(message["blocks"]))
        assert answer.count("<") == answer.count("<!date^")
        assert "\u202e" not in answer
        assert "{{7*7}}" in answer
        assert "failed after 1 attempt" in answer or command == "status"
        mrkdwn = [t for t in walk(message["blocks"]) if t["type"] == "mrkdwn"]
        assert all(text["verbatim"] for text in mrkdwn)


async def test_markup_in_a_query_has_no_effect(ask: Ask, store: Store) -> None:
    await accept(store, make_event(data=SEARCH | {"query": "a* *b* _c_ ~d~ `e` f_g"}))
    await handle(store, make_delivery())
    [line] = await overview_of(ask)
    assert "Search completed with 1,204 results: “a∗ ∗b∗ ˍcˍ ∼d∼ ʼeʼ f_g”" in line


async def test_the_longest_answer_stays_within_slacks_limits(
    http: httpx.AsyncClient, store: Store
) -> None:
    for n in range(10):
        event_id = f"{n}" + "é&" * 99
        people = [Destination(Transport.EMAIL, f"{p}{'&' * 200}@example.com") for p in range(20)]
        for i, delivery in enumerate(await open_to(store, event_id, *people)):
            await settle(store, delivery, "failed", f"{i}" + "<" * 1000)
    for command in ("status", "status 0" + "é&" * 99):
        answer = await answer_to(http, command, channel_id="C0ALERTS")
        assert len(answer["blocks"]) <= 50
        lengths = [len(text["text"]) for text in walk(answer["blocks"])]
        assert max(lengths) <= 3000
        assert sum(lengths) + len(answer["text"]) < 12_000


def walk(node: Any) -> list[dict[str, Any]]:
    """Return every text object, in order."""
    if isinstance(node, dict):
        own = [node] if isinstance(node.get("text"), str) else []
        return own + [t for v in node.values() for t in walk(v)]
    return [t for item in node for t in walk(item)] if isinstance(node, list) else []
