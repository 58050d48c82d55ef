"""`/juicebox status`: how each delivery is said to have fared."""

from dataclasses import replace

from bot.model import Channel, DeliveryState, Destination
from bot.store import Store
from tests.making import MAIL, NOW, SLACK, make_delivery, make_event
from tests.slack.conftest import Ask
from tests.slack.filling import (
    AT_14_30,
    NOBODY,
    SEARCH,
    accept,
    claim,
    lines_of,
    open_to,
    settle,
)


async def test_a_delivery_that_waits(ask: Ask, store: Store) -> None:
    await open_to(store, "evt_1", MAIL)
    assert (await lines_of(ask))[1:] == ["⏳ waiting to be sent to recruiter@example.com"]


async def test_a_delivery_on_its_way(ask: Ask, store: Store) -> None:
    [mail] = await open_to(store, "evt_1", MAIL)
    await claim(store, mail)
    assert (await lines_of(ask))[1:] == ["⏳ being sent to recruiter@example.com"]


async def test_a_delivery_that_failed(ask: Ask, store: Store) -> None:
    [slack] = await open_to(store, "evt_1", SLACK)
    await settle(store, slack, "failed", "channel_not_found")
    assert (await lines_of(ask))[1:] == [
        "❌ <#C0RECRUIT>: failed after 1 attempt: `channel_not_found`",
        "To try again: `python -m bot retry evt_1`",
    ]


async def test_a_delivery_that_failed_and_may_have_arrived(ask: Ask, store: Store) -> None:
    [mail] = await open_to(store, "evt_1", MAIL)
    claimed = await claim(store, mail)
    await store.ledger.fail(claimed, "token", "", unsure=True, report=True, now=NOW)
    assert (await lines_of(ask))[1] == (
        "❌ recruiter@example.com: failed after 1 attempt (it may have arrived all the same)"
    )


async def test_a_dead_letter_retried_by_hand(ask: Ask, store: Store) -> None:
    [slack] = await open_to(store, "evt_1", SLACK)
    await settle(store, slack, "failed", "channel_not_found")
    assert await store.ledger.revive(slack, NOW)
    assert (await lines_of(ask))[1:] == [
        f"🔁 <#C0RECRUIT>: retrying {AT_14_30}: `channel_not_found`"
    ]


async def test_a_delivery_whose_channel_is_not_configured_any_more(ask: Ask, store: Store) -> None:
    [mail] = await open_to(store, "evt_1", MAIL)
    await settle(store, mail, "skipped", "email is not configured any more")
    assert (await lines_of(ask))[1:] == [
        "🔕 not sent to recruiter@example.com: `email is not configured any more`"
    ]


async def test_nobody_to_tell(ask: Ask, store: Store) -> None:
    await accept(store, make_event())
    nobody = make_delivery(destination=NOBODY, state=DeliveryState.SKIPPED, context=SEARCH)
    reason = "nobody has subscribed to it"
    assert await store.ledger.open("evt_1", [replace(nobody, reason=reason)], NOW)
    assert (await lines_of(ask))[1:] == ["🔕 nobody to tell: `nobody has subscribed to it`"]


async def test_the_notice_of_a_dead_letter_is_told_apart(ask: Ask, store: Store) -> None:
    await accept(store, make_event())
    assert await store.events.bury("evt_1", "searchId is missing", NOW)
    owner = "report_dead_letter:event:evt_1"
    notice = make_delivery(destination=SLACK, template="dead_letter")
    await store.ledger.add("evt_1", [notice], owner, NOW)
    assert await store.ledger.claim(notice, owner, "token", NOW)
    assert await store.ledger.sent(notice, "token", "receipt", NOW)
    assert await lines_of(ask) == [
        "*Search completed (searchId srch_1, resultCount 1204)*",
        "❌ dead letter: `searchId is missing`",
        "✅ dead-letter notice sent to <#C0RECRUIT>",
        "To try again: `python -m bot retry evt_1`",
    ]


async def test_deliveries_that_fared_alike_share_a_line_and_many_are_counted(
    ask: Ask, store: Store
) -> None:
    people = [Destination(Channel.EMAIL, f"r{n}@example.com") for n in range(1, 8)]
    user = Destination(Channel.SLACK, "U0RECRUITER")
    for delivery in await open_to(store, "evt_1", user, *people):
        await settle(store, delivery, "sent")
    assert (await lines_of(ask))[1:] == [
        "✅ sent to <@U0RECRUITER>, r1@example.com, r2@example.com, r3@example.com, r4@example.com +3 more"
    ]


async def test_more_than_four_different_outcomes_are_counted(ask: Ask, store: Store) -> None:
    people = [Destination(Channel.EMAIL, f"r{n}@example.com") for n in range(1, 7)]
    for n, delivery in enumerate(await open_to(store, "evt_1", *people)):
        await settle(store, delivery, "failed", f"reason {n}")
    lines = await lines_of(ask)
    assert [line for line in lines if "failed" in line] == [
        f"❌ r{n + 1}@example.com: failed after 1 attempt: `reason {n}`" for n in range(4)
    ]
    assert lines[-2:] == ["+2 more", "To try again: `python -m bot retry evt_1`"]
