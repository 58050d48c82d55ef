"""Retry and Show details of a failure notice."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncApp

from bot.delivery.notice import notices_about, notification_about
from bot.delivery.recipients import Recipients
from bot.fakes.faults import HttpFault
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import Post
from bot.model import DeadLetter, Delivery, DeliveryState, EventState, Notification
from bot.slack_app.context import AppContext
from bot.store import Store, keys
from bot.store.queue import QUEUE
from tests.factories import make_delivery
from tests.run_jobs import delivery_job, event_job
from tests.slack_app.pressing import (
    GUEST,
    STRANGER,
    answer,
    answers,
    current,
    labels,
    press,
    show,
    text_of,
    using,
    with_button,
)
from tests.stored_events import (
    accept,
    dead_letter,
    fail,
    handle,
    read,
    read_delivery,
    send,
)


@pytest.fixture
async def operator(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with using(bolt, slack_api, "U0OPERATOR") as person:
        yield person


async def failed(store: Store) -> Delivery:
    await accept(store)
    delivery = make_delivery()
    await handle(store, delivery)
    return await fail(store, delivery, "channel_not_found")


async def notice_of(
    context: AppContext, slack_api: LocalSlack, dead: DeadLetter, channel: str = "C0ALERTS"
) -> Post:
    """Show the notice about a dead letter."""
    stored = await read(context.store)
    [notice] = notices_about(stored, dead, Recipients(context.audiences), {})
    notification = notification_about(stored, notice)
    assert isinstance(notification, Notification)
    return show(slack_api, notification, channel)


async def notice_about_delivery(context: AppContext, slack_api: LocalSlack) -> Post:
    delivery = await failed(context.store)
    return await notice_of(context, slack_api, DeadLetter("evt_1", delivery.id))


async def test_retry_sends_again_and_the_notice_says_by_whom(
    operator: Person, context: AppContext, slack_api: LocalSlack, redis: Redis
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    assert labels(notice) == ["Retry", "Show details"]
    await press(operator, notice, "Retry")
    delivery = await read_delivery(context.store, make_delivery())
    assert delivery.state is DeliveryState.RETRYING
    assert await redis.zscore(QUEUE, str(delivery_job(delivery.id))) is not None
    assert answer(slack_api) == "Retry under way. The notice will say how it went."
    edited = current(slack_api, notice)
    assert "Retry under way by <@U0OPERATOR>" in text_of(edited)
    assert edited.text == "Retry under way: search.completed to slack:C0RECRUIT"
    assert "channel_not_found" in text_of(edited)
    assert labels(edited) == ["Show details"]


async def test_a_second_press_says_that_it_is_under_way(
    operator: Person, context: AppContext, slack_api: LocalSlack
) -> None:
    """Slack shows a message with its old buttons until it was edited."""
    notice = await notice_about_delivery(context, slack_api)
    await press(operator, notice, "Retry")
    edited = current(slack_api, notice)
    again = slack_api.workspace.say("C0ALERTS", "old", blocks=notice.blocks)
    await press(operator, again, "Retry")
    assert "A retry is under way already" in text_of(answers(slack_api)[1])
    assert current(slack_api, notice) == edited
    assert (await read(context.store)).trail[-1].what == "retried by hand"
    steps = [step.what for step in (await read(context.store)).trail]
    assert steps.count("retried by hand") == 1


async def test_a_press_after_it_was_sent_says_so_and_edits_the_notice(
    operator: Person, context: AppContext, slack_api: LocalSlack
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    await send(context.store, make_delivery())
    await press(operator, notice, "Retry")
    assert "It has been sent already" in answer(slack_api)
    assert current(slack_api, notice).text.startswith("Sent after retry: search.completed")
    assert (await read_delivery(context.store, make_delivery())).state is DeliveryState.SENT


async def test_a_dead_event_is_handled_again(
    operator: Person, context: AppContext, slack_api: LocalSlack, redis: Redis
) -> None:
    await accept(context.store)
    await dead_letter(context.store)
    notice = await notice_of(context, slack_api, DeadLetter("evt_1"))
    await press(operator, notice, "Retry")
    assert (await read(context.store)).state is EventState.ACCEPTED
    assert await redis.zscore(QUEUE, str(event_job())) is not None
    assert "Retry under way by <@U0OPERATOR>" in text_of(current(slack_api, notice))


async def test_details_are_shown_to_the_presser_alone(
    operator: Person, context: AppContext, slack_api: LocalSlack
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    await press(operator, notice, "Show details")
    assert "channel_not_found" in answer(slack_api)
    assert "evt_1" in answer(slack_api)
    assert current(slack_api, notice) == notice
    assert slack_api.posts == [notice]


@pytest.mark.parametrize("user", [GUEST, STRANGER])
@pytest.mark.parametrize("label", ["Retry", "Show details"])
async def test_others_may_not_and_are_told_so(
    bolt: AsyncApp, context: AppContext, slack_api: LocalSlack, user: str, label: str
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    async with using(bolt, slack_api, user) as person:
        await press(person, notice, label)
    assert "That is for the people who look after me" in answer(slack_api)
    assert (await read_delivery(context.store, make_delivery())).state is DeliveryState.FAILED
    assert current(slack_api, notice) == notice


async def test_an_event_that_is_no_longer_kept_cannot_be_retried(
    operator: Person, context: AppContext, slack_api: LocalSlack, redis: Redis
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    await redis.delete(keys.event("evt_1"))
    await press(operator, notice, "Retry")
    await press(operator, notice, "Show details")
    retried, details = answers(slack_api)
    assert "I no longer keep this event" in text_of(retried)
    assert "I know of no event" in text_of(details)


async def test_an_unreadable_event_cannot_be_retried(
    operator: Person, context: AppContext, slack_api: LocalSlack, redis: Redis
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    await redis.hset(keys.event("evt_1"), "event", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    await press(operator, notice, "Retry")
    await press(operator, notice, "Show details")
    assert [
        "cannot be read" in text_of(a) or "can't be read" in text_of(a) for a in answers(slack_api)
    ] == [
        True,
        True,
    ]


@pytest.mark.parametrize("value", ["", "evt_1", "delivery:dlv_1", "event:", "delivery::evt_1"])
@pytest.mark.parametrize("action_id", ["retry", "show_details"])
async def test_a_damaged_value_is_refused(
    operator: Person, slack_api: LocalSlack, store: Store, value: str, action_id: str
) -> None:
    blocks = with_button(action_id, value, "Press")
    await press(operator, slack_api.workspace.say("C0ALERTS", "damaged", blocks=blocks), "Press")
    assert "This button is damaged" in answer(slack_api)


async def test_a_deleted_notice_is_retried_all_the_same(
    operator: Person, context: AppContext, slack_api: LocalSlack
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    slack_api.plan_faults("chat.update", [HttpFault.error("message_not_found")])
    await press(operator, notice, "Retry")
    assert "Retry under way" in answer(slack_api)
    assert (await read_delivery(context.store, make_delivery())).state is DeliveryState.RETRYING


async def test_redis_is_down(
    operator: Person, context: AppContext, slack_api: LocalSlack, redis_process: RedisServer
) -> None:
    notice = await notice_about_delivery(context, slack_api)
    redis_process.stop()
    try:
        await press(operator, notice, "Retry")
    finally:
        redis_process.start()
    assert "I can't reach my memory (Redis) right now" in answer(slack_api)
    assert current(slack_api, notice) == notice
