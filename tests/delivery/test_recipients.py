"""Who is notified: every destination of an audience, or nobody and the reason."""

from bot.delivery.recipients import SettingsRecipients, deliveries_of
from bot.model import Audience, Delivery, DeliveryState, Event, Notify
from tests.factories import MAIL, NOW, SLACK, make_event

EVENT = make_event()
RECIPIENTS = SettingsRecipients({Audience.RECRUITERS: (SLACK, MAIL), Audience.OPERATORS: ()})


async def deliveries(
    event: Event = EVENT, audience: Audience = Audience.RECRUITERS, *, opt_in: bool = False
) -> list[Delivery]:
    context, thread = {"n": 1}, "search:srch_1"
    notify = Notify(audience, "search.completed", context, thread, opt_in)
    return await deliveries_of(event, notify, RECIPIENTS, NOW)


async def test_every_destination_gets_a_delivery() -> None:
    found = await deliveries()
    assert [(d.destination, d.state) for d in found] == [
        (SLACK, DeliveryState.PENDING),
        (MAIL, DeliveryState.PENDING),
    ]
    assert {d.notification.thread for d in found} == {"search:srch_1"}
    assert {d.created_at for d in found} == {NOW}


async def test_the_same_notification_always_has_the_same_ids() -> None:
    first, second = await deliveries(), await deliveries()
    assert [d.id for d in first] == [d.id for d in second]
    assert len({d.id for d in first}) == 2


async def test_another_event_has_other_ids() -> None:
    other = await deliveries(make_event("evt_2"))
    assert not {d.id for d in other} & {d.id for d in await deliveries()}


async def test_a_notification_to_an_audience_without_destinations_is_skipped() -> None:
    [delivery] = await deliveries(audience=Audience.OPERATORS)
    assert delivery.destination is None
    assert delivery.state is DeliveryState.SKIPPED
    assert delivery.reason == "no destination is set for operators"


async def test_an_opt_in_notification_without_subscribers_is_skipped() -> None:
    [delivery] = await deliveries(opt_in=True)
    assert delivery.destination is None
    assert (delivery.state, delivery.reason) == (
        DeliveryState.SKIPPED,
        "nobody has subscribed to it",
    )
