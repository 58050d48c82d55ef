"""Attempts whose lease is lost, or whose worker is killed."""

import pytest

from bot.delivery.attempt import Attempts
from bot.errors import LeaseLost
from bot.model import DeliveryState
from bot.store import Store
from tests.delivery.conftest import OWNER, TO_SLACK, ScriptedSender, held_lease, lost_lease, stored
from tests.factories import NOW


async def test_a_delivery_is_sending_before_the_call(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    seen: list[tuple[DeliveryState, int]] = []

    async def look(*_: object) -> str:
        delivery = await stored(store)
        seen.append((delivery.state, delivery.attempts))
        return "C1/1.1"

    sender.send = look  # type: ignore[method-assign]
    await attempts.make(TO_SLACK, OWNER, held_lease)
    assert seen == [(DeliveryState.SENDING, 1)]


async def test_a_lost_lease_sends_nothing_and_settles_nothing(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    with pytest.raises(LeaseLost):
        await attempts.make(TO_SLACK, OWNER, lost_lease)
    assert (await stored(store)).state is DeliveryState.SENDING


async def test_after_a_crash_the_message_is_maybe_delivered(
    attempts: Attempts, sender: ScriptedSender
) -> None:
    with pytest.raises(LeaseLost):
        await attempts.make(TO_SLACK, OWNER, lost_lease)
    await attempts.make(TO_SLACK, OWNER, held_lease)
    assert [d.maybe_delivered for d in sender.seen] == [False, True]


async def test_a_run_that_settles_second_loses_its_lease(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """Another run claims the delivery during the call to Slack."""

    async def overtaken(*_: object) -> str:
        await store.ledger.claim(TO_SLACK, OWNER, "another token", NOW)
        return "C1/1.1"

    sender.send = overtaken  # type: ignore[method-assign]
    with pytest.raises(LeaseLost, match="another run has settled"):
        await attempts.make(TO_SLACK, OWNER, held_lease)


async def test_a_delivery_that_always_kills_its_worker_becomes_a_dead_letter(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    for number in range(9):
        await store.ledger.claim(TO_SLACK, OWNER, f"crash {number}", NOW)
    await attempts.make(TO_SLACK, OWNER, held_lease)
    delivery = await stored(store)
    assert sender.seen == []
    assert delivery.state is DeliveryState.FAILED
    assert delivery.reason == "every attempt was interrupted"
