"""`retry` sends dead letters again, and nothing that was sent."""

import pytest

from bot.clock import utc_now
from bot.model import Delivery, DeliveryState, EventState
from bot.store import Store
from tests.commands.conftest import Cli
from tests.factories import MAIL, SLACK, body_of, make_delivery, make_event

pytestmark = pytest.mark.usefixtures("configured")

TODAY = utc_now()
"""Commands use the real clock, and ignore dead letters older than the retention."""


async def accept(store: Store, event_id: str) -> None:
    event = make_event(event_id)
    assert await store.events.accept(event, body_of(event), TODAY)


async def fail_mail_of(store: Store, event_id: str) -> tuple[Delivery, Delivery]:
    """An event that has been posted to Slack and could not be mailed."""
    await accept(store, event_id)
    slack, mail = make_delivery(event_id, SLACK), make_delivery(event_id, MAIL)
    await store.ledger.open(event_id, [slack, mail], TODAY)
    owner = f"handle_event:{event_id}"
    await store.ledger.claim(slack, owner, "t1", TODAY)
    await store.ledger.sent(slack, "t1", "ts", TODAY)
    await store.ledger.claim(mail, owner, "t2", TODAY)
    await store.ledger.fail(
        mail, "t2", "no such box", maybe_delivered=False, report=True, now=TODAY
    )
    return slack, mail


async def state_of(store: Store, delivery: Delivery) -> DeliveryState:
    found = await store.ledger.get(delivery.id)
    assert found
    return found.state


async def test_a_dead_event_runs_again(cli: Cli, store: Store) -> None:
    await accept(store, "evt_1")
    await store.events.dead_letter("evt_1", "data.searchId is missing", TODAY)
    result = await cli("retry", "evt_1")
    assert result.output == "evt_1: its handler runs again\n"
    assert result.exit_code == 0
    stored = await store.events.get("evt_1")
    assert stored
    assert stored.state is EventState.ACCEPTED
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
    await accept(store, "evt_2")
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
    await accept(store, "evt_2")
    await store.events.dead_letter("evt_2", "reason", TODAY)
    _, unreadable = await fail_mail_of(store, "evt_3")
    await store.redis.hset(f"juicebox:delivery:{unreadable.id}", "attempts", "many")
    await store.redis.zadd("juicebox:dead", {"delivery:dlv_gone": TODAY.timestamp() * 1000})
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


async def test_an_unknown_id_fails(cli: Cli, store: Store) -> None:
    result = await cli("retry", "evt_nowhere")
    assert result.exit_code == 1
    assert result.output == (
        "juicebox-bot: there is no event or delivery evt_nowhere: 'events' lists what is kept\n"
    )


async def test_either_an_id_or_all(cli: Cli) -> None:
    for args in ([], ["evt_1", "--all"]):
        result = await cli("retry", *args)
        assert result.exit_code == 2
        assert "give the ID of an event or a delivery, or --all" in result.output
