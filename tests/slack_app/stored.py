"""Handled events with deliveries in each state, and the answer about them."""

from datetime import datetime

from bot.delivery import transitions
from bot.model import Delivery, Destination
from bot.store import Store
from tests.factories import NOW, make_delivery, make_event, seconds
from tests.slack_app.conftest import Ask
from tests.stored_events import accept, apply, begin, fail, handle, retry, send

SEARCH = {"searchId": "srch_1", "resultCount": 1204, "query": "rust engineer"}
AT_14_30 = "<!date^1768487400^{date_short_pretty} at {time}|15 Jan 2026, 14:30 UTC>"
AT_14_32 = "<!date^1768487520^{date_short_pretty} at {time}|15 Jan 2026, 14:32 UTC>"


async def open_to(
    store: Store, event_id: str, *destinations: Destination, now: datetime = NOW
) -> list[Delivery]:
    """Store a handled event, and return its delivery to each destination."""
    await accept(store, make_event(event_id, data=SEARCH), now)
    deliveries = [make_delivery(event_id, to) for to in destinations]
    await handle(store, *deliveries, event_id=event_id)
    return deliveries


async def settle(store: Store, delivery: Delivery, state: str, reason: str = "") -> None:
    match state:
        case "sent":
            await send(store, delivery)
        case "retrying":
            await retry(store, delivery, seconds(120), reason=reason)
        case "failed":
            await fail(store, delivery, reason)
        case "skipped":
            begun = await begin(store, delivery)
            await apply(store, lambda c: transitions.skipped(c, begun, reason), delivery.event_id)


async def lines_of(ask: Ask, event_id: str = "evt_1") -> list[str]:
    """Return what the answer about one event says of its deliveries, line by line."""
    blocks = (await ask(f"status {event_id}"))["blocks"]
    divider = next(i for i, block in enumerate(blocks) if block["type"] == "divider")
    lines: list[str] = blocks[divider - 1]["text"]["text"].split("\n")
    return lines


async def overview_of(ask: Ask) -> list[str]:
    """Return the lines about the latest events, newest first."""
    blocks = (await ask("status"))["blocks"]
    texts = [block["text"]["text"] for block in blocks[2:-1] if block["type"] == "section"]
    return [line for text in texts if not text.startswith("*Quota*") for line in text.split("\n")]
