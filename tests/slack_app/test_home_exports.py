"""Exports in the Home tab: for those who may see them, as long as the link lives."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Profile
from bot.model import Destination, Transport
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event
from tests.slack_app.conftest import Clock
from tests.slack_app.visitor import Visitor, run_worker, visiting
from tests.stored_events import accept, handle, send

ME = Destination(Transport.SLACK, "U0RECRUITER")
SOMEBODY = Destination(Transport.SLACK, "U0OPERATOR")
URL = "https://exports.example.com/1.csv?signature=a&b"


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    await run_worker(store)
    async with visiting(bolt, slack_api) as person:
        yield person


async def export(store: Store, to: Destination, event_id: str = "evt_1", **data: Any) -> None:
    """Store an export that was sent to this place."""
    content = {"exportId": f"exp_{event_id}", "downloadUrl": URL, "recordCount": 1204, **data}
    await accept(store, make_event(event_id, "export.ready", data=content))
    delivery = make_delivery(event_id, to, template="export.ready", thread=f"export:{event_id}")
    await handle(store, delivery, event_id=event_id)
    await send(store, delivery)


async def test_an_export_can_be_downloaded_until_it_expires(
    visitor: Visitor, store: Store, clock: Clock
) -> None:
    await export(store, SLACK, expiresAt=(NOW + timedelta(days=3)).isoformat())
    text = await visitor.open()
    assert "Exports to download" in text
    assert "*1,204 records* · <!date^1768487400^" in text
    assert "The link expires <!date^1768746600^" in text
    [download] = [e.given for e in visitor.elements if e.given.get("url")]
    assert (download["text"]["text"], download["url"]) == ("Download", URL)
    clock.now = NOW + timedelta(days=3)
    assert "Exports to download" not in await visitor.open()
    assert "Download" not in visitor.labels


@pytest.mark.parametrize("is_guest", [False, True])
async def test_who_may_download(
    visitor: Visitor,
    slack_api: LocalSlack,
    store: Store,
    is_guest: bool,
) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(is_guest=is_guest)
    places = (SLACK, ME, SOMEBODY, Destination(Transport.SLACK, "C0PRIVATE"), MAIL)
    for n, to in enumerate(places):
        await export(store, to, f"evt_{n}", recordCount=n + 10)
    text = await visitor.open()
    seen = [n for n in range(len(places)) if f"*{n + 10} records*" in text]
    assert seen == ([1] if is_guest else [0, 1])
    assert visitor.labels.count("Download") == len(seen)


async def test_what_was_not_sent_cannot_be_downloaded(visitor: Visitor, store: Store) -> None:
    content = {"exportId": "exp_1", "downloadUrl": URL}
    await accept(store, make_event("evt_1", "export.ready", data=content))
    await handle(store, make_delivery("evt_1", SLACK, template="export.ready"))
    await visitor.open()
    assert "Download" not in visitor.labels


async def test_a_link_too_long_for_slack_is_no_button(visitor: Visitor, store: Store) -> None:
    await export(store, SLACK, downloadUrl=URL + "é" * 900)
    text = await visitor.open()
    assert "Its link is too long for Slack. The email has it." in text
    assert "Download" not in visitor.labels


async def test_an_export_stays_available_behind_many_other_events(
    visitor: Visitor, store: Store
) -> None:
    await export(store, SLACK)
    for n in range(60):
        await accept(store, make_event(f"evt_{n + 2}"), NOW + timedelta(seconds=n + 1))
    await visitor.open()
    assert "Download" in visitor.labels


async def test_hostile_exports_fit(visitor: Visitor, store: Store) -> None:
    for n in range(12):
        await export(store, SLACK, f"evt_{n}", exportId=f"<!here>*{n}" * 20, recordCount=None)
    text = await visitor.open()
    assert visitor.labels.count("Download") == 4
    assert "<!here>" not in text
