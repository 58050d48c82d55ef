"""`/juicebox status <event id>`: one event's whole trail."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.model import Destination, canonical_event
from bot.store import Store, keys
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event, seconds
from tests.slack_app.conftest import Ask, Say

SEARCH = {"searchId": "srch_1", "resultCount": 1, "query": None}
AT_14_30 = "<!date^1768487400^{date_short_pretty} at {time}|15 Jan 2026, 14:30 UTC>"


def clock_at(epoch: int, fallback: str) -> str:
    return f"<!date^{epoch}^{{time_secs}}|15 Jan 2026, {fallback} UTC>"


AT_0 = clock_at(1768487400, "14:30")
AT_1 = clock_at(1768487401, "14:30")
AT_61 = clock_at(1768487461, "14:31")


async def open_to(store: Store, *destinations: Destination) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    deliveries = [make_delivery(destination=to, context=SEARCH) for to in destinations]
    assert await store.ledger.open("evt_1", deliveries, NOW + timedelta(milliseconds=12))


async def test_every_step_is_shown_with_its_time(say: Say, ask: Ask, store: Store) -> None:
    await open_to(store, SLACK, MAIL)
    owner = "handle_event:evt_1"
    slack, mail = await store.ledger.of_event("evt_1")
    for delivery in (slack, mail):
        assert await store.ledger.claim(delivery, owner, "t", NOW + timedelta(milliseconds=15))
    assert await store.ledger.sent(slack, "t", "receipt", NOW + timedelta(milliseconds=1250))
    assert await store.ledger.fail(
        mail, "t", "550 no such mailbox", maybe_delivered=False, report=True, now=NOW + seconds(61)
    )
    assert (
        await say("status evt_1")
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
❌ recruiter@example.com: failed after 1 attempt: `550 no such mailbox`. To try again: `python -m bot retry {mail.id}`
`+0.000 s` {AT_0} *received*
`+0.012 s` {AT_0} *handled*: deliveries: 2
`+0.015 s` {AT_0} *sending* to <#C0RECRUIT>
`+0.015 s` {AT_0} *sending* to recruiter@example.com
`+1.3 s` {AT_1} *sent* to <#C0RECRUIT>
`+1 min 1 s` {AT_61} *failed* to recruiter@example.com: 550 no such mailbox
The times count from when the event was received."""
    )
    assert (await ask("status evt_1"))["text"] == "Search completed with 1 result: handled"


async def test_what_juicebox_called_the_event_is_shown_where_it_is_not_our_name(
    say: Say, store: Store
) -> None:
    data = {"analysis_id": "a", "result_count": 3}
    event = canonical_event("evt_1", "analysis.completed", NOW, data)
    await store.events.accept(event, body_of(event), NOW)
    said = (await say("status evt_1")).splitlines()
    assert said[:7] == [
        *("Search completed (searchId a, resultCount 3)", "*Event*", "evt_1"),
        *("*Type*", "search.completed", "*Received as*", "analysis.completed"),
    ]
    assert "analysis.completed" not in await say("status")


async def test_an_event_that_waits_for_its_handler(say: Say, store: Store) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    said = (await say("status evt_1")).splitlines()
    assert said[10:14] == [
        "Waiting for its handler",
        "⏳ waiting for its handler",
        f"`+0.000 s` {AT_0} *received*",
        "The times count from when the event was received.",
    ]


async def test_an_event_whose_handler_gave_up_says_how_to_retry_it(say: Say, store: Store) -> None:
    event = make_event("evt 1; rm")
    await store.events.accept(event, body_of(event), NOW)
    assert await store.events.dead_letter("evt 1; rm", "searchId is missing", NOW)
    said = (await say("status evt 1; rm")).splitlines()
    assert said[10:13] == [
        "Dead letter",
        "❌ dead letter: `searchId is missing`",
        "To try again: `python -m bot retry 'evt 1; rm'`",
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
                *(
                    "'evt_1'",
                    "\u2018evt_1\u2019",
                    "“evt_1”",
                    "„evt_1“",
                    "\u201aevt_1\u2018",
                    "«evt_1»",
                    "»evt_1«",
                ),
                *(
                    "\u2039evt_1\u203a",
                    "\u00b4evt_1\u00b4",
                    "「evt_1」",
                    "\uff02evt_1\uff02",
                    "``evt_1``",
                    "“`evt_1`”",
                ),
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
async def test_an_event_is_found_however_slack_passes_its_id_on(
    say: Say, store: Store, event_id: str, typed: str
) -> None:
    event = make_event(event_id)
    await store.events.accept(event, body_of(event), NOW)
    assert "The times count from" in await say(f"status {typed}")


async def test_an_unknown_event_is_named(say: Say, ask: Ask) -> None:
    assert await say("status <!channel>`x`") == (
        "I know of no event `&lt;!channel&gt;'x'`.\nEither it never came, or it is so old that I"
        " no longer keep it. `/juicebox status` lists the latest."
    )
    assert (await ask("status evt_9"))["text"] == "I know of no event evt_9"


@pytest.mark.parametrize("key", [keys.event("evt_1"), keys.trail("evt_1")])
async def test_an_event_that_is_not_readable_in_redis_says_so(
    say: Say, ask: Ask, store: Store, redis: Redis, key: str
) -> None:
    await open_to(store, SLACK)
    if key == keys.event("evt_1"):
        await redis.hset(key, "received_at", "then")  # type: ignore[misc]  # redis-py leaves it open
    else:
        await redis.rpush(key, "{")  # type: ignore[misc]  # redis-py leaves it open
    assert await say("status evt_1") == (
        "I know event `evt_1`, but what I keep of it in Redis is not readable: someone else has"
        " written to it."
    )
    assert (await ask("status evt_1"))["text"] == "What I keep of event evt_1 is not readable"


async def test_a_step_to_a_destination_of_an_unknown_kind_is_shown(
    say: Say, store: Store, redis: Redis
) -> None:
    await open_to(store, SLACK)
    step = (
        '{"at": 1768487401000, "what": "sent", "delivery": "", "to": "fax:<!here>", "detail": ""}'
    )
    await redis.rpush(keys.trail("evt_1"), step)  # type: ignore[misc]  # redis-py leaves it open
    assert f"`+1 s` {AT_1} *sent* to fax:&lt;!here&gt;\n" in await say("status evt_1")


async def test_a_step_that_another_clock_puts_before_the_receipt_counts_as_its_moment(
    say: Say, store: Store, redis: Redis
) -> None:
    await open_to(store, SLACK)
    step = '{"at": 1768487399999, "what": "sent", "delivery": "", "to": "", "detail": ""}'
    await redis.rpush(keys.trail("evt_1"), step)  # type: ignore[misc]  # redis-py leaves it open
    said = await say("status evt_1")
    assert "`+0.000 s` " in said.splitlines()[-2]
    assert "-0" not in said


async def test_of_a_very_long_way_the_middle_is_left_out(
    say: Say, ask: Ask, store: Store, redis: Redis
) -> None:
    await open_to(store, SLACK)
    for n in range(58):
        step = (
            f'{{"at": 1768487400000, "what": "step {n}", "delivery": "", "to": "", "detail": ""}}'
        )
        await redis.rpush(keys.trail("evt_1"), step)  # type: ignore[misc]  # redis-py leaves it open
    said = (await say("status evt_1")).splitlines()
    steps = [line.partition("*")[2] for line in said if line.startswith("`+")]
    assert steps[:3] == ["received*", "handled*: deliveries: 1", "step 0*"]
    assert steps[9:11] == ["step 7*", "step 18*"]
    assert (steps[-1], len(steps)) == ("step 57*", 50)
    assert "10 steps left out" in said
    assert len((await ask("status evt_1"))["blocks"]) <= 50


async def test_more_than_twenty_deliveries_are_counted(say: Say, store: Store) -> None:
    people = [Destination(MAIL.transport, f"r{n}@example.com") for n in range(23)]
    await open_to(store, *people)
    said = (await say("status evt_1")).splitlines()
    assert said[11] == "⏳ waiting to be sent to r0@example.com"
    assert said[30:32] == ["⏳ waiting to be sent to r19@example.com", "+3 more"]
