"""`events` lists the latest events, or shows one with each step of its processing."""

from dataclasses import replace
from datetime import timedelta
from operator import methodcaller

import pytest

from bot.delivery import transitions
from bot.delivery.notice import notices_about
from bot.delivery.recipients import Recipients
from bot.model import Audience, DeadLetter, DeliveryState, canonical_event
from bot.store import Store
from tests.app import MakeSettings
from tests.commands.conftest import Cli
from tests.factories import MAIL, NOW, SLACK, body_of, make_delivery, make_event
from tests.stored_events import accept, apply, begin, dead_letter, handle, read, send

pytestmark = pytest.mark.usefixtures("configured")


async def handle_both(store: Store) -> None:
    """Handle evt_1: its message is posted, and its mail retried."""
    slack, mail = make_delivery(destination=SLACK), make_delivery(destination=MAIL)
    await handle(store, slack, mail)
    posting = await begin(store, slack)
    await apply(store, lambda c: transitions.sent(c, posting, "ts"), now=NOW + timedelta(seconds=1))
    mailing = await begin(store, mail)
    await apply(
        store,
        lambda c: transitions.retrying(
            c,
            mailing,
            "mailbox busy",
            after=timedelta(seconds=58),
            uses_attempt=True,
            maybe_delivered=False,
        ),
        now=NOW + timedelta(seconds=2),
    )


async def test_no_events_yet(cli: Cli, store: Store) -> None:
    result = await cli("events")
    assert result.exit_code == 0
    assert result.output == (
        "No events yet. 'juicebox-bot send --test' sends a test event through the whole bot.\n"
    )


async def test_a_test_event_is_marked(cli: Cli, store: Store) -> None:
    await accept(store, replace(make_event(), test=True))
    assert "  search.completed (test)  evt_1  accepted  none\n" in (await cli("events")).output
    shown = (await cli("events", "evt_1")).output
    assert shown.startswith("evt_1  search.completed (test)  accepted\n")


async def test_the_latest_events_are_listed(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await handle_both(store)
    await accept(store, make_event("evt_2", "quota.warning"))
    await dead_letter(store, "evt_2", "data.limit is missing")
    await accept(store, make_event("evt_3", "other.thing"))
    result = await cli("events")
    assert result.output == (
        "RECEIVED (UTC)       TYPE              ID     STATE     DELIVERIES\n"
        "2026-01-15 14:30:00  other.thing       evt_3  accepted  none\n"
        "2026-01-15 14:30:00  quota.warning     evt_2  dead      data.limit is missing\n"
        "2026-01-15 14:30:00  search.completed  evt_1  handled   1 sent, 1 retrying\n"
    )
    limited = await cli("events", "--limit", "1")
    assert len(limited.output.splitlines()) == 2


async def test_an_event_is_shown_with_its_deliveries_and_its_trail(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await handle_both(store)
    slack, mail = make_delivery("evt_1", SLACK), make_delivery("evt_1", MAIL)
    result = await cli("events", "evt_1")
    assert result.output == (
        "evt_1  search.completed  handled\n"
        "happened 2026-01-15 14:30:00 UTC, received 2026-01-15 14:30:00 UTC\n"
        "\n"
        "DELIVERIES\n"
        f"{slack.id}  slack:C0RECRUIT  sent (1 attempt)\n"
        f"{mail.id}  email:recruiter@example.com  retrying"
        " (1 attempt, again at 2026-01-15 14:31:00 UTC): mailbox busy\n"
        "\n"
        "TIMELINE (UTC)\n"
        "2026-01-15 14:30:00.000  received\n"
        "2026-01-15 14:30:00.000  handled                                deliveries: 2\n"
        "2026-01-15 14:30:00.000  sending   slack:C0RECRUIT\n"
        "2026-01-15 14:30:01.000  sent      slack:C0RECRUIT\n"
        "2026-01-15 14:30:00.000  sending   email:recruiter@example.com\n"
        "2026-01-15 14:30:02.000  retrying  email:recruiter@example.com  mailbox busy\n"
    )


async def test_the_received_type_is_shown_where_it_differs(cli: Cli, store: Store) -> None:
    event = canonical_event("evt_1", "analysis.completed", NOW, {"analysis_id": "a"})
    await store.events.accept(event, body_of(event), NOW)
    assert (await cli("events", "evt_1")).output.splitlines()[:3] == [
        "evt_1  search.completed  accepted",
        "happened 2026-01-15 14:30:00 UTC, received 2026-01-15 14:30:00 UTC",
        "received as analysis.completed",
    ]
    assert "analysis" not in (await cli("events")).output


async def test_a_dead_event_shows_the_reason(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await dead_letter(store, reason="data.searchId is missing")
    result = await cli("events", "evt_1")
    assert "evt_1  search.completed  dead: data.searchId is missing\n" in result.output
    assert "DELIVERIES\nnone\n" in result.output


async def test_notices_to_operators_are_told_apart_from_deliveries(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await dead_letter(store, reason="data.searchId is missing")
    operators = Recipients({Audience.OPERATORS: (SLACK, MAIL)})
    notices = notices_about(await read(store), DeadLetter("evt_1"), operators, {})
    for notice in notices:
        await apply(store, methodcaller("put", notice))
        await send(store, notice)
    listed = await cli("events")
    assert listed.output.splitlines()[1].endswith(
        "dead   data.searchId is missing (notices to operators: 2 sent)"
    )
    shown = await cli("events", "evt_1")
    assert (
        "DELIVERIES\nnone\n\nNOTICES TO OPERATORS\n"
        f"{notices[0].id}  slack:C0RECRUIT  sent (1 attempt)\n"
        f"{notices[1].id}  email:recruiter@example.com  sent (1 attempt)\n"
        "\nTIMELINE (UTC)\n"
    ) in shown.output
    assert "notice sent     slack:C0RECRUIT\n" in shown.output


async def test_a_skipped_delivery_without_a_destination_is_shown(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    skipped = make_delivery("evt_1", None, state=DeliveryState.SKIPPED)
    await handle(store, skipped)
    shown = (await cli("events", "evt_1")).output
    assert f"{skipped.id}  no destination  skipped (0 attempts)\n" in shown


async def test_an_unknown_event_fails(cli: Cli, store: Store) -> None:
    result = await cli("events", "evt_\x1b[2J")
    assert result.exit_code == 1
    assert result.output == (
        "juicebox-bot: there is no event evt_\\x1b[2J: it never came, or is no longer kept\n"
    )


async def test_control_characters_of_an_event_are_escaped(cli: Cli, store: Store) -> None:
    await accept(store, make_event("evt_\x1b[2J\nforged", "a\u202eb"))
    listed = await cli("events")
    shown = await cli("events", "evt_\x1b[2J\nforged")
    assert "evt_\\x1b[2J\\nforged" in listed.output
    assert "evt_\\x1b[2J\\nforged" in shown.output
    for result in (listed, shown):
        assert all(line.isprintable() for line in result.output.splitlines())
    assert len(listed.output.splitlines()) == 2


async def test_an_unreadable_event_is_reported(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await store.redis.hset("juicebox:event:evt_1", "body", "not JSON")
    result = await cli("events", "evt_1")
    assert result.exit_code == 1
    assert result.output == "juicebox-bot: event evt_1 is not readable in Redis\n"


async def test_an_unreachable_redis_is_named_without_its_password(
    cli: Cli, make_settings: MakeSettings
) -> None:
    make_settings(REDIS_URL="redis://:hunter2@127.0.0.1:1/0")
    result = await cli("events")
    assert result.exit_code == 1
    assert result.output == (
        "juicebox-bot: Redis at 127.0.0.1:1 (REDIS_URL): the connection is refused\n"
    )
