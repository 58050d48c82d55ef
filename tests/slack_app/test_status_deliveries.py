"""`/juicebox status`: the line about each delivery and each notice."""

import httpx
import pytest

from bot.delivery import transitions
from bot.delivery.notice import notices_about
from bot.delivery.recipients import Recipients
from bot.delivery.requeue import requeue
from bot.model import Audience, DeadLetter, Delivery, DeliveryState, Destination, Transport
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK, make_delivery, seconds
from tests.slack_app.asking import asking_as_operator
from tests.slack_app.conftest import Ask, AskText
from tests.slack_app.stored import AT_14_30, AT_14_32, lines_of, open_to, settle
from tests.stored_events import accept, apply, begin, dead_letter, handle, send


@pytest.fixture
def ask(http: httpx.AsyncClient) -> Ask:
    return asking_as_operator(http)


async def test_a_pending_delivery_shows_that_it_waits(ask: Ask, store: Store) -> None:
    await open_to(store, "evt_1", MAIL)
    assert await lines_of(ask) == ["⏳ waiting to be sent to recruiter@example.com"]


async def test_a_claimed_delivery_shows_that_it_is_being_sent(ask: Ask, store: Store) -> None:
    [mail] = await open_to(store, "evt_1", MAIL)
    await begin(store, mail)
    assert await lines_of(ask) == ["⏳ being sent to recruiter@example.com"]


async def test_a_failed_delivery_shows_the_reason_and_how_to_retry(ask: Ask, store: Store) -> None:
    [slack] = await open_to(store, "evt_1", SLACK)
    await settle(store, slack, "failed", "channel_not_found")
    again = f"To try again: `/juicebox retry {slack.id}`"
    assert await lines_of(ask) == [
        f"❌ <#C0RECRUIT>: failed after 1 attempt: `channel_not_found`. {again}"
    ]


async def test_a_failed_delivery_shows_that_it_may_have_arrived(ask: Ask, store: Store) -> None:
    [mail] = await open_to(store, "evt_1", MAIL)
    begun = await begin(store, mail)
    await apply(store, lambda c: transitions.failed(c, begun, "", maybe_delivered=True))
    assert (await lines_of(ask))[0].startswith(
        "❌ recruiter@example.com: failed after 1 attempt (it may have arrived anyway)"
    )


async def test_a_requeued_delivery_shows_when_it_is_retried(ask: Ask, store: Store) -> None:
    [slack] = await open_to(store, "evt_1", SLACK)
    await settle(store, slack, "failed", "channel_not_found")
    assert await requeue(store, slack.id, NOW)
    assert await lines_of(ask) == [f"🔁 <#C0RECRUIT>: retrying {AT_14_30}: `channel_not_found`"]


async def test_a_skipped_delivery_shows_the_reason(ask: Ask, store: Store) -> None:
    [mail] = await open_to(store, "evt_1", MAIL)
    await settle(store, mail, "skipped", "email is not configured any more")
    assert await lines_of(ask) == [
        "🔕 not sent to recruiter@example.com: `email is not configured any more`"
    ]


async def test_a_delivery_without_a_destination_shows_that_nobody_is_notified(
    ask: Ask, store: Store
) -> None:
    await accept(store)
    reason = "nobody has subscribed to it"
    await handle(store, make_delivery(destination=None, state=DeliveryState.SKIPPED, reason=reason))
    assert await lines_of(ask) == ["🔕 nobody to notify: `nobody has subscribed to it`"]


ALERTS = Destination(Transport.SLACK, "C0ALERTS")


async def dead_with_notices(store: Store, *operators: Destination) -> list[Delivery]:
    """Store a dead event, and return a notice about it to each of the operators."""
    await accept(store)
    stored = await dead_letter(store, reason="searchId is missing")
    recipients = Recipients({Audience.OPERATORS: operators})
    notices = notices_about(stored, DeadLetter("evt_1"), recipients, {})
    await apply(store, lambda change: [change.put(notice) for notice in notices])
    return notices


async def handle_again(store: Store, *deliveries: Delivery) -> None:
    """Requeue the dead event, and handle it with success."""
    assert await requeue(store, "evt_1", NOW)
    await handle(store, *deliveries)


async def test_notices_about_a_dead_letter_are_told_apart_from_deliveries(
    ask: Ask, ask_text: AskText, store: Store
) -> None:
    for notice in await dead_with_notices(store, ALERTS, MAIL):
        await send(store, notice)
    notified = "📣 Operators notified: <#C0ALERTS>, recruiter@example.com"
    assert await lines_of(ask) == [
        "❌ dead letter: `searchId is missing`",
        notified,
        "To try again: `/juicebox retry evt_1`",
    ]
    details = await ask_text("status evt_1")
    assert f"❌ dead letter: `searchId is missing`\n{notified}\nTo try again:" in details
    assert "✅" not in details
    assert "*notice sent* to <#C0ALERTS>" in details


async def test_unsent_notices_show_their_states(ask: Ask, store: Store) -> None:
    first, second, third = await dead_with_notices(store, ALERTS, MAIL, SLACK)
    begun = await begin(store, first)
    await apply(
        store,
        lambda c: transitions.retrying(
            c, begun, "busy", after=seconds(120), uses_attempt=True, maybe_delivered=True
        ),
    )
    await settle(store, second, "failed", "no box")
    await begin(store, third)
    retrying = f"retrying {AT_14_32} after 1 attempt"
    assert (await lines_of(ask))[1:4] == [
        "⚠️ Operators could not be notified: recruiter@example.com: `no box`",
        f"📣 Operators not notified yet: <#C0ALERTS>, {retrying}: `busy` (it may have arrived anyway)",
        "📣 Operators are being notified: <#C0RECRUIT>",
    ]


async def test_a_skipped_notice_shows_the_reason(ask: Ask, store: Store) -> None:
    [notice] = await dead_with_notices(store, ALERTS)
    await handle_again(store, make_delivery())
    await settle(store, notice, "skipped", "resolved: the event is handled by now")
    assert await lines_of(ask) == [
        "⏳ waiting to be sent to <#C0RECRUIT>",
        "🔕 Operators not notified: <#C0ALERTS>: `resolved: the event is handled by now`",
    ]


async def test_a_notice_without_a_destination_shows_that_no_operators_are_set(
    ask: Ask, store: Store
) -> None:
    await dead_with_notices(store)
    assert (await lines_of(ask))[
        1
    ] == "🔕 No operators to notify: `no destination is set for operators`"


async def test_a_failed_notice_alone_offers_no_retry(ask: Ask, store: Store) -> None:
    [notice] = await dead_with_notices(store, ALERTS)
    await settle(store, notice, "failed", "no")
    await handle_again(store)
    lines = await lines_of(ask)
    assert lines[0] == "🗄️ kept, no notification needed"
    assert not any("To try again" in line for line in lines)
