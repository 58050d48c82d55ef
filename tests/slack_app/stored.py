"""Stores events and deliveries in each state, through the store's own methods."""

from datetime import datetime

from bot.model import Delivery, Destination, Event
from bot.store import Store
from tests.factories import NOW, body_of, make_delivery, make_event, seconds
from tests.slack_app.conftest import Ask

SEARCH = {"searchId": "srch_1", "resultCount": 1204, "query": "rust engineer"}
AT_14_30 = "<!date^1768487400^{date_short_pretty} at {time}|15 Jan 2026, 14:30 UTC>"
AT_14_32 = "<!date^1768487520^{date_short_pretty} at {time}|15 Jan 2026, 14:32 UTC>"


async def accept(store: Store, event: Event, at: datetime = NOW) -> None:
    assert await store.events.accept(event, body_of(event), at)


async def open_to(store: Store, event_id: str, *destinations: Destination) -> list[Delivery]:
    """Store a handled event, and return its delivery to each destination."""
    await accept(store, make_event(event_id))
    deliveries = [make_delivery(event_id, to, context=SEARCH) for to in destinations]
    assert await store.ledger.open(event_id, deliveries, NOW)
    return deliveries


async def claim(store: Store, delivery: Delivery) -> Delivery:
    owner = f"handle_event:{delivery.event_id}"
    claimed = await store.ledger.claim(delivery, owner, "token", NOW)
    assert claimed
    return claimed


async def settle(store: Store, delivery: Delivery, state: str, reason: str = "") -> None:
    claimed = await claim(store, delivery)
    match state:
        case "sent":
            assert await store.ledger.sent(claimed, "token", "receipt", NOW)
        case "retrying":
            assert await store.ledger.retry_later(
                claimed,
                "token",
                reason,
                due=NOW + seconds(120),
                uses_attempt=True,
                maybe_delivered=False,
                now=NOW,
            )
        case "failed":
            assert await store.ledger.fail(
                claimed, "token", reason, maybe_delivered=False, report=True, now=NOW
            )
        case "skipped":
            assert await store.ledger.skip(claimed, "token", reason, NOW)


async def lines_of(ask: Ask) -> list[str]:
    """Return the lines about the latest event."""
    blocks = (await ask("status"))["blocks"]
    divider = next(i for i, block in enumerate(blocks) if block["type"] == "divider")
    lines: list[str] = blocks[divider + 1]["text"]["text"].split("\n")
    return lines
