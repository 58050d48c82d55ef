"""Ids by a part: one that is clear is enough, and what it could be is listed otherwise."""

import httpx
import pytest

from bot.store import Store
from tests.factories import NOW, make_delivery, make_event, seconds
from tests.slack_app.asking import lines
from tests.slack_app.stored import AT_14_30
from tests.stored_events import accept, dead_letter, handle

SUMMARY = "Search completed"


@pytest.mark.parametrize("typed", ["9f8e7d", "9F8E7D", "`9f8e7d`", "evt_9f8e7d6c5b", "srch_kreuz"])
async def test_a_part_shows_the_event(http: httpx.AsyncClient, store: Store, typed: str) -> None:
    await accept(store, make_event("evt_9f8e7d6c5b", data={"searchId": "srch_Kreuzberg"}))
    await accept(store, "evt_other", NOW + seconds(1))
    assert "Event evt_9f8e7d6c5b" in await lines(http, f"status {typed}")


async def test_a_part_of_a_deliverys_id_shows_its_event(
    http: httpx.AsyncClient, store: Store
) -> None:
    await accept(store)
    delivery = make_delivery()
    await handle(store, delivery)
    for typed in (delivery.id, delivery.id.upper(), delivery.id[4:10]):
        assert "Event evt_1" in await lines(http, f"status {typed}")


@pytest.mark.parametrize("command", ["status", "why", "retry"])
async def test_what_a_part_could_be_is_listed(
    http: httpx.AsyncClient, store: Store, command: str
) -> None:
    for n in range(12):
        await accept(store, f"evt_many_{n:02}", NOW + seconds(n))
    found = await lines(http, f"{command} MANY")
    assert found[0] == "`MANY` can be one of 12 events. Choose one by its id:"
    at = AT_14_30.replace("1768487400", "1768487411")
    assert found[1:3] == [f"*{SUMMARY}* · {at}", f"`/juicebox {command} evt_many_11`"]
    ids = [line for line in found if line.startswith("`/juicebox")]
    assert ids == [f"`/juicebox {command} evt_many_{n:02}`" for n in range(11, 1, -1)]
    assert found[-2:] == ["+2 older ones", "I looked at the newest 12 events."]


@pytest.mark.parametrize("command", ["status", "why", "retry"])
async def test_a_part_that_is_too_short_or_unknown_finds_nothing(
    http: httpx.AsyncClient, store: Store, command: str
) -> None:
    await accept(store, "evt_1")
    for typed in ("evt", "nowhere"):
        [first, *_] = await lines(http, f"{command} {typed}")
        assert first == f"I know of no event `{typed}`."


async def test_a_retry_by_a_part_is_of_what_was_found(
    http: httpx.AsyncClient, store: Store
) -> None:
    await accept(store, "evt_9f8e7d6c5b")
    await dead_letter(store, "evt_9f8e7d6c5b")
    found = await lines(http, "retry 8e7d")
    assert "🔁 I am processing it again." in found
    assert await store.dead_letters(NOW) == []


async def test_hostile_text_can_neither_ping_nor_break_the_list(
    http: httpx.AsyncClient, store: Store
) -> None:
    hostile = "<!channel> `*\n• <@U0RECRUITER>"
    for n in range(12):
        event = make_event(
            f"{n} {hostile}" + "é" * 150, data={"searchId": hostile, "query": hostile}
        )
        await accept(store, event, NOW + seconds(n))
    for command in ("status", "why", "retry"):
        shown = "\n".join(await lines(http, f"{command} &lt;!channel&gt;"))
        assert "can be one of 12 events" in shown
        assert shown.count("<") == shown.count("<!date^")
