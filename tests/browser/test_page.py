"""The page of the playground: events sent on the left arrive in Slack and in the inbox."""

import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.running_playground import Visitor

RECRUITERS, ALERTS = "recruiting", "juicebox-alerts"
HEADLINES = {
    "search.completed": (RECRUITERS, "1,204 candidates found", "Search completed: 1,204"),
    "export.ready": (RECRUITERS, "Export ready: 1,204 records", "Export ready: 1,204 records"),
    "quota.warning": (ALERTS, "Juicebox quota at 84.0%", "Juicebox quota at 84.0%"),
    "key.rotated": (ALERTS, "Juicebox API key rotated", "API key rotated. Action needed"),
}
"""The channel, the headline in Slack, and the beginning of the email's subject."""
HIGH = {"width": 1440, "height": 2400}
"""Fits a long message on one screenshot."""


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def no_failures(visitor: Visitor) -> None:
    fine = {"fault": "none"}
    await visitor.call("/failures", slack=fine, smtp=fine, worker="running", redis="running")


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def send(page: Page, button: str) -> str:
    """Press one of Juicebox's buttons; return the event's id once the webhook has responded."""
    responses = panel(page, "Juicebox").get_by_role("list", name="Webhook responses")
    async with page.expect_response("**/send") as sent:
        await page.get_by_role("button", name=button, exact=True).click()
    n = (await (await sent.value).json())["n"]
    return await responses.locator(f'> li[data-n="{n}"] button.as-link').inner_text()


async def open_channel(page: Page, name: str) -> Locator:
    """Open a channel and return its messages."""
    await panel(page, "Slack").get_by_role("button", name=re.compile(f"^{name}")).click()
    return page.get_by_role("log", name="Messages")


def timeline_of(page: Page, event_id: str) -> Locator:
    return panel(page, "Event timeline").get_by_role("button", name=event_id)


@pytest.mark.parametrize("event_type", HEADLINES)
async def test_an_event_becomes_a_message_and_a_mail(
    page: Page, screens: Path, event_type: str
) -> None:
    channel, headline, subject = HEADLINES[event_type]
    event_id = await send(page, event_type)
    await expect(timeline_of(page, event_id)).to_contain_text("Delivered")
    log = await open_channel(page, channel)
    message = log.locator(".slack-message").filter(has_text=event_id).last
    await expect(message).to_contain_text(headline)
    await message.screenshot(path=screens / f"{event_type}.message.png")
    inbox = panel(page, "Inbox")
    await inbox.get_by_role("button", name=subject).first.click()
    mail = inbox.frame_locator("iframe")
    await expect(mail.get_by_text(event_id)).to_be_visible()
    for width in ("Desktop", "Phone"):
        for scheme in ("Light", "Dark"):
            await inbox.get_by_role("button", name=width, exact=True).click()
            await inbox.get_by_role("button", name=scheme, exact=True).click()
            await expect(mail.get_by_text(event_id)).to_be_visible()
            name = f"{event_type}.mail.{width}.{scheme}.png".lower()
            await inbox.locator(".mail-body").screenshot(path=screens / name)


async def test_an_event_that_notifies_nobody_is_recorded(page: Page) -> None:
    event_id = await send(page, "profile.enriched")
    await expect(timeline_of(page, event_id)).to_contain_text("Recorded")


async def test_the_timeline_of_an_event_has_milliseconds(page: Page) -> None:
    event_id = await send(page, "export.ready")
    row = timeline_of(page, event_id)
    await expect(row).to_contain_text("Delivered")
    await row.click()
    lanes = panel(page, "Event timeline").locator(".lane")
    await expect(lanes).to_have_count(4)
    await expect(lanes.nth(0)).to_have_text(
        re.compile(r"Web.*posted.*received\+[\d.]+ ms.*verified\+.* ms.*queued\+.* ms", re.DOTALL)
    )
    await expect(lanes.nth(2)).to_have_text(
        re.compile(r"#recruiting.*sending\+.*arrived\+.* m?s.*sent\+", re.DOTALL)
    )


async def test_a_command_is_answered_ephemerally(page: Page, screens: Path) -> None:
    await send(page, "search.completed")
    log = await open_channel(page, RECRUITERS)
    box = page.get_by_role("combobox", name="Message #recruiting")
    await box.fill("/juicebox status")
    await box.press("Enter")
    answer = log.locator(".is-ephemeral").last
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer).to_contain_text("Juicebox status")
    await page.set_viewport_size(HIGH)
    await answer.screenshot(path=screens / "status.message.png")
    await box.press("ArrowUp")
    await expect(box).to_have_value("/juicebox status")
    await box.fill("/nonsense")
    await box.press("Enter")
    await expect(log.locator(".is-ephemeral").last).to_contain_text("is not a valid command")


async def test_the_home_tab_is_loaded_and_refreshed(page: Page, screens: Path) -> None:
    await page.get_by_role("button", name="juicebox: Home").click()
    home = page.get_by_role("region", name="Home tab")
    await expect(home).to_contain_text("My subscriptions")
    await send(page, "profile.enriched")
    await home.get_by_role("button", name="Refresh").click()
    await expect(home).to_contain_text("Profile enriched")
    await home.screenshot(path=screens / "home.png")


async def test_a_button_opens_its_link_and_the_bot_gets_the_interaction(page: Page) -> None:
    event_id = await send(page, "export.ready")
    log = await open_channel(page, RECRUITERS)
    message = log.locator(".slack-message").filter(has_text=event_id)
    link = message.get_by_role("link", name="Download")
    assert (await link.get_attribute("href") or "").startswith("https://exports.example.com/")
    assert await link.get_attribute("rel") == "noopener noreferrer"
    assert await link.get_attribute("target") == "_blank"
    await link.evaluate("link => link.addEventListener('click', event => event.preventDefault())")
    async with page.expect_response("**/slack/press") as answered:
        await link.click()
    assert (await answered.value).status == 200


async def test_a_rate_limit_is_shown_and_overcome(page: Page, screens: Path) -> None:
    failures = panel(page, "Simulate failures")
    limit = failures.get_by_role("button", name="429", exact=True)
    await failures.get_by_label("for the").select_option("next call")
    await limit.click()
    await expect(failures).to_contain_text("1 left")
    await failures.get_by_label("for the").select_option("until cleared")
    await limit.click()
    event_id = await send(page, "quota.warning")
    row = timeline_of(page, event_id)
    await expect(row).to_contain_text("Retry")
    await row.click()
    await page.screenshot(path=screens / "rate-limit.png")
    await failures.get_by_role("button", name="Clear all").click()
    await expect(row).to_contain_text("Delivered")
    await expect(failures.get_by_role("button", name="Clear all")).to_be_hidden()


async def test_a_dead_letter_is_shown_and_retried(page: Page, screens: Path) -> None:
    failures = panel(page, "Simulate failures")
    await failures.get_by_label("for the").select_option("until cleared")
    await failures.get_by_role("group", name="Mail").get_by_role("button", name="550").click()
    event_id = await send(page, "search.completed")
    row = timeline_of(page, event_id)
    await expect(row).to_contain_text("Dead letter")
    log = await open_channel(page, ALERTS)
    notice = log.locator(".slack-message").filter(has_text=event_id)
    await expect(notice).to_contain_text("550")
    await notice.screenshot(path=screens / "dead-letter.message.png")
    await failures.get_by_role("button", name="Clear all").click()
    await expect(failures.get_by_role("button", name="Clear all")).to_be_hidden()
    await row.click()
    await page.screenshot(path=screens / "dead-letter.png")
    await panel(page, "Event timeline").get_by_role("button", name="Retry").click()
    await expect(row).to_contain_text("Delivered")


async def test_a_hostile_payload_is_shown_as_text_and_runs_nothing(
    page: Page, screens: Path
) -> None:
    event_id = await send(page, "Hostile payload")
    await expect(timeline_of(page, event_id)).to_contain_text("Delivered")
    log = await open_channel(page, RECRUITERS)
    message = log.locator(".slack-message").filter(has_text=event_id)
    await expect(message).to_contain_text("<!channel> <!here> <@U0OPERATOR>")
    await expect(message).to_contain_text("<img src=x onerror=")
    await expect(message.locator(".slack-mention, img, script")).to_have_count(0)
    mail = panel(page, "Inbox").frame_locator("iframe")
    await expect(mail.get_by_role("cell", name="<img src=x onerror=")).to_be_visible()
    await expect(mail.locator("img, script")).to_have_count(0)
    await page.screenshot(path=screens / "hostile.png")
    assert await page.title() == "Juicebox bot: the playground"


async def test_the_editor_sends_its_text_and_reports_invalid_json(page: Page) -> None:
    editor = page.get_by_role("textbox", name="Event")
    await editor.fill('{"type": "search.completed", "data": {"searchId": "x", "resultCount": 7}')
    await expect(panel(page, "Juicebox")).to_contain_text("Not JSON:")
    await editor.fill('{"type": "search.completed", "data": {"searchId": "x", "resultCount": 7}}')
    await expect(panel(page, "Juicebox")).not_to_contain_text("Not JSON:")
    await editor.press("Control+Enter")
    log = await open_channel(page, RECRUITERS)
    await expect(log).to_contain_text("7 candidates found")


async def test_a_bad_signature_and_a_duplicate_get_the_responses_of_the_webhook(
    page: Page,
) -> None:
    await page.get_by_role("button", name="Bad signature").click()
    responses = page.get_by_role("list", name="Webhook responses")
    await expect(responses.locator("> li").first).to_contain_text("Invalid signature")
    first = await send(page, "search.completed")
    assert await send(page, "Send again") == first
    await responses.locator("> li").first.get_by_text("Request").click()
    await expect(responses.locator("pre").first).to_contain_text("x-juicebox-signature: sha256=")


async def test_the_headers_text_and_source_of_a_mail_are_shown(page: Page) -> None:
    await send(page, "search.completed")
    inbox = panel(page, "Inbox")
    await inbox.locator(".mail-row").first.wait_for()
    await inbox.get_by_role("button", name="Headers").click()
    await expect(inbox.locator(".mail-headers")).to_contain_text("Message-ID")
    await inbox.get_by_role("button", name="Text", exact=True).click()
    await expect(inbox.locator(".mail-text")).to_contain_text("candidates found")
    await inbox.get_by_role("button", name="Source").click()
    source = inbox.get_by_role("link", name="Open the raw message")
    assert re.fullmatch(r"/mails/\d+\.eml", await source.get_attribute("href") or "")
