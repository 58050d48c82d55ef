"""`/juicebox status <event id>`: one event with its deliveries and its timeline."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from bot.delivery import transitions
from bot.model import Delivery, Destination, canonical_event
from bot.store import Store, keys
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event, seconds
from tests.slack_app.asking import asking_as_operator, lines
from tests.slack_app.conftest import Ask, AskText
from tests.stored_events import accept, apply, begin, dead_letter, handle

SEARCH = {"searchId": "srch_1", "resultCount": 1, "query": None}
AT_14_30 = "<!date^1768487400^{date_short_pretty} at {time}|15 Jan 2026, 14:30 UTC>"


def clock_at(epoch: int, fallback: str) -> str:
    return f"<!date^{epoch}^{{time_secs}}|15 Jan 2026, {fallback} UTC>"


AT_0 = clock_at(1768487400, "14:30")
AT_1 = clock_at(1768487401, "14:30")
AT_61 = clock_at(1768487461, "14:31")


@pytest.fixture
def ask(http: httpx.AsyncClient) -> Ask:
    return asking_as_operator(http)


async def open_to(store: Store, *destinations: Destination) -> list[Delivery]:
    await accept(store, make_event(data=SEARCH))
    deliveries = [make_delivery(destination=to) for to in destinations]
    await handle(store, *deliveries, now=NOW + timedelta(milliseconds=12))
    return deliveries


async def add_steps(redis: Redis, *steps: str) -> None:
    reply: Any = redis.hget(keys.event("evt_1"), "trail")
    lines = (await reply).decode() + "".join(f"{step}\n" for step in steps)
    await redis.hset(keys.event("evt_1"), "trail", lines)  # type: ignore[misc]  # redis-py types it as sync, too


async def test_every_step_is_shown_with_its_time(ask_text: AskText, ask: Ask, store: Store) -> None:
    slack, mail = await open_to(store, SLACK, MAIL)
    sending = [await begin(store, d, NOW + timedelta(milliseconds=15)) for d in (slack, mail)]
    await apply(
        store,
        lambda c: transitions.sent(c, sending[0], "receipt"),
        now=NOW + timedelta(milliseconds=1250),
    )
    reason = "550 no such mailbox"
    await apply(
        store,
        lambda c: transitions.failed(c, sending[1], reason, maybe_delivered=False),
        now=NOW + seconds(61),
    )
    assert (
        await ask_text("status evt_1")
        == f"""\
Search completed with 1 result
*Event*
evt_1
*Type*
search.completed
*Happened*
{AT_14_30}
*Received*
{AT_14_30}
*State*
Handled
✅ sent to <#C0RECRUIT>
❌ recruiter@example.com: failed after 1 attempt: `550 no such mailbox`. To try again: `/juicebox retry {mail.id}`
`+0.000 s` {AT_0} *received*
`+0.012 s` {AT_0} *handled*: deliveries: 2
`+0.015 s` {AT_0} *sending* to <#C0RECRUIT>
`+0.015 s` {AT_0} *sending* to recruiter@example.com
`+1.3 s` {AT_1} *sent* to <#C0RECRUIT>
`+1 min 1 s` {AT_61} *failed* to recruiter@example.com: 550 no such mailbox
The times count from when the event was received."""
    )
    assert (await ask("status evt_1"))["text"] == "Search completed with 1 result: handled"


async def test_the_received_type_is_shown_where_it_differs(ask_text: AskText, store: Store) -> None:
    data = {"analysis_id": "a", "result_count": 3}
    event = canonical_event("evt_1", "analysis.completed", NOW, data)
    await store.events.accept(event, body_of(event), NOW)
    lines = (await ask_text("status evt_1")).splitlines()
    assert lines[:7] == [
        *("Search completed (searchId a, resultCount 3)", "*Event*", "evt_1"),
        *("*Type*", "search.completed", "*Received as*", "analysis.completed"),
    ]
    assert "analysis.completed" not in (await ask_text("status")).partition("24 hours")[0]


async def test_an_event_that_waits_for_its_handler(ask_text: AskText, store: Store) -> None:
    await accept(store)
    lines = (await ask_text("status evt_1")).splitlines()
    assert lines[10:14] == [
        "Waiting for its handler",
        "⏳ waiting for its handler",
        f"`+0.000 s` {AT_0} *received*",
        "The times count from when the event was received.",
    ]


async def test_a_dead_event_shows_how_to_retry_it(ask_text: AskText, store: Store) -> None:
    await accept(store, "evt 1; rm")
    await dead_letter(store, "evt 1; rm", "searchId is missing")
    lines = (await ask_text("status evt 1; rm")).splitlines()
    assert lines[10:13] == [
        "Dead letter",
        "❌ dead letter: `searchId is missing`",
        "To try again: `/juicebox retry evt 1; rm`",
    ]


@pytest.mark.parametrize(
    ("event_id", "typed"),
    [
        ("a<b>&c", "a&lt;b&gt;&amp;c"),
        ("a&lt;b", "a&lt;b"),
        ("evt_1", "`evt_1`"),
        ("evt_1", '"evt_1"'),
        *(
            ("evt_1", typed)
            for typed in (
                *("'evt_1'", "\u2018evt_1\u2019", "\u201aevt_1\u2018", "\u2039evt_1\u203a"),
                *("“evt_1”", "„evt_1“", "«evt_1»", "»evt_1«", "「evt_1」", "\uff02evt_1\uff02"),
                *("\u00b4evt_1\u00b4", "``evt_1``", "“`evt_1`”"),
                *("“evt_1", "evt_1”", "“evt_1”.", "evt_1.", "evt_1, ", "evt_1)", "(evt_1)"),
                *("Event evt_1", "event  evt_1", "“Event evt_1”", "Event `evt_1`", "Event evt_1."),
                "\u00a0evt_1\u200b",
            )
        ),
        ('"evt_1"', '"evt_1"'),
        ("Event evt_1.", "Event evt_1."),
        ("“a&b”", "“a&amp;b”"),
        ("evt 1  2", "  evt 1  2 "),
        ("x" * 200, "x" * 200),
    ],
)
async def test_an_event_is_found_by_its_id_however_it_was_typed_or_copied(
    ask_text: AskText, store: Store, event_id: str, typed: str
) -> None:
    await accept(store, event_id)
    assert "The times count from" in await ask_text(f"status {typed}")


async def test_an_unknown_event_is_named(ask_text: AskText, ask: Ask) -> None:
    assert await ask_text("status <!channel>`x`") == (
        "I know of no event `&lt;!channel&gt;'x'`.\nEither it never came, or it is so old that I"
        " no longer keep it. `/juicebox status` lists the latest. Of an id, any part of four characters"
        " or more is enough."
    )
    assert (await ask("status evt_9"))["text"] == "I know of no event evt_9"


@pytest.mark.parametrize("field", ["event", "trail"])
async def test_an_unreadable_event_is_reported(
    ask_text: AskText, ask: Ask, store: Store, redis: Redis, field: str
) -> None:
    await open_to(store, SLACK)
    await redis.hset(keys.event("evt_1"), field, "{")  # type: ignore[misc]  # redis-py types it as sync, too
    assert await ask_text("status evt_1") == (
        "I know event `evt_1`, but what I stored about it in Redis can't be read: another program has"
        " overwritten it."
    )
    assert (await ask("status evt_1"))["text"] == "What I stored about event evt_1 can't be read"


async def test_a_step_before_the_receipt_is_shown_with_zero_elapsed_time(
    ask_text: AskText, store: Store, redis: Redis
) -> None:
    await open_to(store, SLACK)
    await add_steps(redis, '[-1,"sent"]')
    answer = await ask_text("status evt_1")
    assert "`+0.000 s` " in answer.splitlines()[-2]
    assert "-0" not in answer


async def test_the_middle_of_a_long_timeline_is_left_out(
    ask_text: AskText, ask: Ask, store: Store, redis: Redis
) -> None:
    await open_to(store, SLACK)
    await add_steps(redis, *(f'[0,"step {n}"]' for n in range(58)))
    lines = (await ask_text("status evt_1")).splitlines()
    steps = [line.partition("*")[2] for line in lines if line.startswith("`+")]
    assert steps[:3] == ["received*", "handled*: deliveries: 1", "step 0*"]
    assert steps[9:11] == ["step 7*", "step 18*"]
    assert (steps[-1], len(steps)) == ("step 57*", 50)
    assert "10 steps left out" in lines
    assert len((await ask("status evt_1"))["blocks"]) <= 50


async def test_deliveries_beyond_the_twentieth_are_counted(
    http: httpx.AsyncClient, store: Store
) -> None:
    people = [Destination(MAIL.transport, f"r{n}@example.com") for n in range(23)]
    await open_to(store, *people)
    found = await lines(http, "status evt_1", channel_id="C0ALERTS")
    assert found[11] == "⏳ waiting to be sent to r0@example.com"
    assert found[30:32] == ["⏳ waiting to be sent to r19@example.com", "+3 more"]


async def test_other_peoples_places_are_shown_to_operators_only(
    http: httpx.AsyncClient, store: Store
) -> None:
    secret = [
        Destination(SLACK.transport, "C0SECRET"),
        Destination(MAIL.transport, "boss@x.example"),
    ]
    deliveries = await open_to(store, SLACK, Destination(SLACK.transport, "U0RECRUITER"), *secret)
    for delivery in deliveries:
        await begin(store, delivery)
    assert await lines(http, "status evt_1") == [
        f"*Search completed with 1 result* · {AT_14_30}",
        "⏳ Waiting to be sent to <#C0RECRUIT> and <@U0RECRUITER>",
        "Event evt_1",
    ]
    to_operators = "\n".join(await lines(http, "status evt_1", channel_id="C0ALERTS"))
    assert "*sending* to <#C0SECRET>" in to_operators
    assert "being sent to boss@x.example" in to_operators
