"""`retry` sends dead letters again, and nothing that was sent."""

import pytest

from bot.clock import utc_now
from bot.model import DeadLetter, Delivery, DeliveryState, EventState
from bot.store import Store
from tests.commands.conftest import Cli
from tests.factories import MAIL, SLACK, make_delivery
from tests.stored_events import (
    accept,
    dead_letter,
    fail,
    handle,
    read,
    read_delivery,
    rewrite,
    send,
)

pytestmark = pytest.mark.usefixtures("configured")

TODAY = utc_now()
"""Commands use the real clock, and ignore dead letters older than the retention."""


async def fail_mail_of(store: Store, event_id: str) -> tuple[Delivery, Delivery]:
    """An event that has been posted to Slack and could not be mailed."""
    await accept(store, event_id, TODAY)
    slack, mail = make_delivery(event_id, SLACK), make_delivery(event_id, MAIL)
    await handle(store, slack, mail, event_id=event_id, now=TODAY)
    await send(store, slack, now=TODAY)
    await fail(store, mail, "no such box", TODAY)
    return slack, mail


async def state_of(store: Store, delivery: Delivery) -> DeliveryState:
    return (await read_delivery(store, delivery)).state


async def test_a_dead_event_runs_again(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1", TODAY)
    await dead_letter(store, now=TODAY)
    result = await cli("retry", "evt_1")
    assert result.output == "evt_1: its handler runs again\n"
    assert result.exit_code == 0
    assert (await read(store)).state is EventState.ACCEPTED
    assert await store.dead_letters(utc_now()) == []


async def test_only_failed_deliveries_of_an_event_are_sent_again(cli: Cli, store: Store) -> None:
    slack, mail = await fail_mail_of(store, "evt_1")
    result = await cli("retry", "evt_1")
    assert result.output == f"{mail.id}: is sent again to email:recruiter@example.com\n"
    assert await state_of(store, slack) is DeliveryState.SENT
    assert await state_of(store, mail) is DeliveryState.RETRYING


async def test_one_delivery_is_sent_again(cli: Cli, store: Store) -> None:
    slack, mail = await fail_mail_of(store, "evt_1")
    again = await cli("retry", mail.id)
    assert again.output == f"{mail.id}: is sent again to email:recruiter@example.com\n"
    nothing = await cli("retry", slack.id)
    assert nothing.exit_code == 0
    assert nothing.output == f"{slack.id}: nothing to do, it is sent to slack:C0RECRUIT\n"


async def test_an_event_without_failures_has_nothing_to_do(cli: Cli, store: Store) -> None:
    await fail_mail_of(store, "evt_1")
    await cli("retry", "evt_1")
    await accept(store, "evt_2", TODAY)
    handled = await cli("retry", "evt_1")
    assert handled.exit_code == 0
    assert handled.output == (
        "evt_1: nothing to do, it is handled and of its deliveries none has failed"
        " (slack:C0RECRUIT sent, email:recruiter@example.com retrying)\n"
    )
    waiting = await cli("retry", "evt_2")
    assert waiting.output == "evt_2: nothing to do, it is accepted and has no deliveries\n"


async def test_every_dead_letter_is_sent_again(cli: Cli, store: Store) -> None:
    _, mail = await fail_mail_of(store, "evt_1")
    await accept(store, "evt_2", TODAY)
    await dead_letter(store, "evt_2", now=TODAY)
    _, unreadable = await fail_mail_of(store, "evt_3")
    await rewrite(store.redis, unreadable.id, "evt_3", attempts="many")
    gone = DeadLetter("evt_gone", "dlv_gone")
    await store.redis.zadd("juicebox:dead", {str(gone): TODAY.timestamp() * 1000})
    result = await cli("retry", "--all")
    assert result.exit_code == 0
    assert sorted(result.output.splitlines()) == sorted(
        [
            f"{mail.id}: is sent again to email:recruiter@example.com",
            "evt_2: its handler runs again",
            f"{unreadable.id}: delivery {unreadable.id} is not readable in Redis",
            "dlv_gone: no longer kept",
        ]
    )
    await store.redis.delete("juicebox:dead")
    assert (await cli("retry", "--all")).output == "There are no dead letters.\n"


async def test_an_unreadable_delivery_is_an_error(cli: Cli, store: Store) -> None:
    _, mail = await fail_mail_of(store, "evt_1")
    await rewrite(store.redis, mail.id, attempts="many")
    result = await cli("retry", mail.id)
    assert result.exit_code == 1
    assert result.output == f"juicebox-bot: delivery {mail.id} is not readable in Redis\n"


async def test_an_unknown_id_fails(cli: Cli, store: Store) -> None:
    result = await cli("retry", "evt_nowhere")
    assert result.exit_code == 1
    assert result.output == (
        "juicebox-bot: no event evt_nowhere is kept. A delivery is found among dead letters and the latest"
        " 1,000 events: otherwise, give the id of its event, as 'events' lists it\n"
    )


async def test_either_an_id_or_all(cli: Cli) -> None:
    for args in ([], ["evt_1", "--all"]):
        result = await cli("retry", *args)
        assert result.exit_code == 2
        assert "give the ID of an event or a delivery, or --all" in result.output
