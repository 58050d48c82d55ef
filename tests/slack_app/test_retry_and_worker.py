"""A retry whose worker is faster than the button that asked for it."""

import pytest

from bot.delivery import transitions
from bot.fakes.slack.api import LocalSlack
from bot.model import Delivery
from bot.slack_app.context import AppContext
from bot.slack_app.failure_buttons import retry
from bot.slack_app.press import Press
from bot.store import Store
from bot.transports.slack.message import SlackMessage
from tests.slack_app.test_buttons_failure import failed
from tests.stored_events import apply, begin, fail, send


@pytest.mark.parametrize(
    ("end", "headline"),
    [
        ("sent", "Sent after retry"),
        ("failed", "Failed again after retry"),
        ("skipped", "Not sent any more"),
    ],
)
async def test_a_retry_that_ends_at_once_is_not_shown_as_under_way(
    context: AppContext, slack_api: LocalSlack, end: str, headline: str
) -> None:
    """The worker has edited the notice before the button does."""
    delivery = await failed(context.store)
    action = {"action_id": "retry", "value": f"delivery:{delivery.id}:evt_1"}
    pressed = Press.model_validate({"user": {"id": "U0OPERATOR"}, "actions": [action]})
    answered = await retry(context, pressed)
    assert answered.edit is not None
    shown: list[str] = []

    async def update(message: SlackMessage) -> None:
        if not shown:
            await settle(context.store, delivery, end)
        shown.append(message.text)

    await answered.edit(update)
    assert [text.partition(":")[0] for text in shown] == ["Retry under way", headline]


async def settle(store: Store, delivery: Delivery, end: str) -> None:
    if end == "sent":
        await send(store, delivery)
    elif end == "failed":
        await fail(store, delivery)
    else:
        begun = await begin(store, delivery)
        await apply(store, lambda c: transitions.skipped(c, begun, "not asked for"))
