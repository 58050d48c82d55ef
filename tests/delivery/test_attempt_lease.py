"""Attempts whose lease is lost, or whose worker is killed."""

import pytest

from bot.delivery.attempt import Attempts
from bot.errors import LeaseLost
from bot.model import DeliveryState
from bot.store import Store
from tests.delivery.conftest import OWNER, POST, ScriptedSender, kept, not_ours, still_ours
from tests.factories import NOW


async def test_it_is_marked_sending_before_the_call(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    seen: list[tuple[DeliveryState, int]] = []

    async def look(*_: object) -> str:
        delivery = await kept(store)
        seen.append((delivery.state, delivery.attempts))
        return "C1/1.1"

    sender.send = look  # type: ignore[method-assign]
    await attempts.make(POST, OWNER, still_ours)
    assert seen == [(DeliveryState.SENDING, 1)]


async def test_a_lost_lease_sends_nothing_and_settles_nothing(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    with pytest.raises(LeaseLost):
        await attempts.make(POST, OWNER, not_ours)
    assert (await kept(store)).state is DeliveryState.SENDING


async def test_the_next_run_after_a_crash_knows_that_it_does_not_know(
    attempts: Attempts, sender: ScriptedSender
) -> None:
    with pytest.raises(LeaseLost):
        await attempts.make(POST, OWNER, not_ours)
    await attempts.make(POST, OWNER, still_ours)
    assert [d.maybe_delivered for d in sender.seen] == [False, True]


async def test_whoever_settles_second_finds_out(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    """Another run claims the delivery while this one is waiting for Slack."""

    async def overtaken(*_: object) -> str:
        await store.ledger.claim(POST, OWNER, "another token", NOW)
        return "C1/1.1"

    sender.send = overtaken  # type: ignore[method-assign]
    with pytest.raises(LeaseLost, match="another run has settled"):
        await attempts.make(POST, OWNER, still_ours)


async def test_a_delivery_that_kills_its_worker_each_time_ends_as_a_dead_letter(
    attempts: Attempts, sender: ScriptedSender, store: Store
) -> None:
    for number in range(9):
        await store.ledger.claim(POST, OWNER, f"crash {number}", NOW)
    await attempts.make(POST, OWNER, still_ours)
    delivery = await kept(store)
    assert sender.seen == []
    assert delivery.state is DeliveryState.FAILED
    assert delivery.reason == "its attempts never came to an end"
