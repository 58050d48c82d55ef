"""The event timeline selects the newest event unless one pinned, and separates failure notices."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest_asyncio
from playwright.async_api import Locator, expect

if TYPE_CHECKING:
    from playwright.async_api import Page

Json = dict[str, Any]

MOUNT = """async () => {
  for (const name of ["layout.css", "timelines.css", "timeline_view.css"]) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `/${name}` });
    const loaded = new Promise((resolve) => (link.onload = resolve));
    document.head.append(link);
    await loaded;
  }
  document.body.innerHTML = '<section class="panel timelines" id="timelines"></section>';
  document.body.style.display = "block";
  const root = document.getElementById("timelines");
  root.style.height = "100vh";
  const { mount } = await import("/timelines.js");
  const handlers = {};
  window.publish = (...records) => records.forEach((record) => handlers[record.kind].forEach((handle) => handle(record)));
  mount(root, { on: (kind, handler) => (handlers[kind] ??= []).push(handler), post: () => {} });
}"""
START = 1_768_487_400_000


def step(at: float, what: str, delivery: str = "", detail: str = "") -> Json:
    to = f"slack:{delivery}" if delivery else ""
    return {
        "at": START + at,
        "what": what,
        "to": to,
        "where": to,
        "detail": detail,
        "delivery_id": delivery,
    }


def delivery(name: str, where: str, state: str = "sent") -> Json:
    return {
        "id": name,
        "to": f"slack:{name}",
        "where": where,
        "state": state,
        "attempts": 1,
        "next_at": None,
        "reason": "",
    }


def timeline(number: int, **changes: Any) -> Json:
    """Return the record of an event that begins that many seconds after the first one."""
    return {
        "kind": "timeline",
        "event_id": f"evt_{number}",
        "type": "search.completed",
        "state": "handled",
        "reason": "",
        "dead": False,
        "sent_at": START + number * 1000,
        "steps": [
            step(number * 1000, "posted", detail="answered 200 after 3.5 ms"),
            step(number * 1000 + 20, "sending", "d1"),
            step(number * 1000 + 40, "arrived", "d1"),
            step(number * 1000 + 45, "sent", "d1"),
        ],
        "deliveries": [delivery("d1", "#recruiting")],
        "notices": [],
        **changes,
    }


INVALID = timeline(
    9,
    type="export.ready",
    state="dead",
    reason="data.exportId is missing",
    dead=True,
    steps=[
        step(9000, "posted", detail="answered 200 after 3.5 ms"),
        step(9010, "dead letter", detail="data.exportId is missing"),
        *(step(9000 + at, what, name) for name in ("n1", "n2") for at, what in ((30, "arrived"),)),
    ],
    deliveries=[],
    notices=[delivery("n1", "#juicebox-alerts"), delivery("n2", "operator@example.com")],
)


@pytest_asyncio.fixture(loop_scope="session")
async def panel(static_page: "Page") -> "Page":
    await static_page.evaluate(MOUNT)
    return static_page


async def publish(panel: "Page", *records: Json) -> None:
    await panel.evaluate("(records) => window.publish(...records)", list(records))


def row(panel: "Page", number: int) -> Locator:
    return panel.locator(".timeline-row").filter(has_text=f"evt_{number}")


def shown(panel: "Page") -> Locator:
    return panel.locator(".timeline-head code")


async def test_the_newest_event_is_selected(panel: "Page") -> None:
    await publish(panel, timeline(1), timeline(2))
    await expect(shown(panel)).to_have_text("evt_2")
    await publish(panel, timeline(1, state="accepted"))
    await expect(shown(panel)).to_have_text("evt_2")
    await publish(panel, timeline(3))
    await expect(shown(panel)).to_have_text("evt_3")
    await expect(row(panel, 3)).to_have_attribute("aria-current", "true")
    await expect(panel.locator(".timeline-side")).to_contain_text("3 events · newest selected")


async def test_an_older_event_that_arrives_late_is_not_selected(panel: "Page") -> None:
    await publish(panel, timeline(5), timeline(2))
    await expect(shown(panel)).to_have_text("evt_5")


async def test_a_pinned_event_stays_selected(panel: "Page", screens: Path) -> None:
    await publish(panel, timeline(1), timeline(2))
    await row(panel, 1).click()
    await publish(panel, timeline(3))
    await expect(shown(panel)).to_have_text("evt_1")
    await expect(row(panel, 1)).to_have_attribute("aria-pressed", "true")
    await expect(panel.locator(".timeline-side")).to_contain_text("3 events · one pinned")
    await panel.screenshot(path=screens / "timelines.pinned.png")
    await row(panel, 1).click()
    await expect(shown(panel)).to_have_text("evt_3")
    await expect(row(panel, 1)).to_have_attribute("aria-pressed", "false")


async def test_an_event_is_pinned_and_unpinned_by_keyboard(panel: "Page") -> None:
    await publish(panel, timeline(1))
    pin = panel.get_by_role("button", name="Pin", exact=True)
    await pin.focus()
    await panel.keyboard.press("Enter")
    await publish(panel, timeline(2))
    await expect(shown(panel)).to_have_text("evt_1")
    unpin = panel.get_by_role("button", name="Unpin", exact=True)
    await expect(unpin).to_be_focused()
    await panel.keyboard.press("Space")
    await expect(shown(panel)).to_have_text("evt_2")


async def test_an_event_is_pinned_only_when_its_timeline_is_opened(
    panel: "Page",
) -> None:
    await publish(panel, timeline(1), timeline(2))
    opened = {"kind": "focus", "event_id": "evt_1"}
    await publish(panel, {**opened, "quiet": True})
    await expect(shown(panel)).to_have_text("evt_1")
    await publish(panel, timeline(3))
    await expect(shown(panel)).to_have_text("evt_3")
    await publish(panel, {**opened, "quiet": False}, timeline(4))
    await expect(shown(panel)).to_have_text("evt_1")
    await publish(panel, {**opened, "event_id": "evt_2", "quiet": True})
    await expect(shown(panel)).to_have_text("evt_1")


async def test_a_refused_event_can_be_unpinned(panel: "Page") -> None:
    await publish(panel, timeline(1), {"kind": "focus", "event_id": "evt_refused", "quiet": False})
    await expect(panel.locator(".timeline-body")).to_contain_text(
        "The bot has not stored this event"
    )
    await panel.get_by_role("button", name="Unpin", exact=True).click()
    await expect(shown(panel)).to_have_text("evt_1")


async def test_failure_notices_are_separate_from_deliveries(panel: "Page", screens: Path) -> None:
    await publish(panel, INVALID)
    await expect(row(panel, 9)).to_contain_text("Dead letter")
    await expect(row(panel, 9).locator(".place")).to_have_count(0)
    body = panel.locator(".timeline-body")
    deliveries, notices = body.locator(".lanes").nth(0), body.locator(".lanes").nth(1)
    await expect(deliveries).not_to_contain_text("juicebox-alerts")
    await expect(notices).to_contain_text("#juicebox-alerts")
    await expect(notices).to_contain_text("operator@example.com")
    await expect(body.locator(".lanes-title")).to_have_text("Failure notice to operators")
    await panel.screenshot(path=screens / "timelines.notices.png")
