"""Who is notified: every destination of an audience, or nobody and the reason."""

from dataclasses import replace

from bot.delivery.recipients import Recipients, deliveries_of
from bot.model import Audience, Delivery, DeliveryState
from tests.factories import MAIL, NOW, SLACK, make_notification

RECIPIENTS = Recipients({Audience.RECRUITERS: (SLACK, MAIL), Audience.OPERATORS: ()})


def deliveries(
    event_id: str = "evt_1", audience: Audience = Audience.RECRUITERS, *, opt_in: bool = False
) -> list[Delivery]:
    notification = replace(make_notification(event_id), audience=audience, opt_in=opt_in)
    return deliveries_of(notification, RECIPIENTS, {}, NOW)


def test_every_destination_gets_a_delivery() -> None:
    found = deliveries()
    assert [(d.destination, d.state) for d in found] == [
        (SLACK, DeliveryState.PENDING),
        (MAIL, DeliveryState.PENDING),
    ]
    assert {(d.event_id, d.template, d.created_at) for d in found} == {
        ("evt_1", "search.completed", NOW)
    }


def test_the_same_notification_always_has_the_same_ids() -> None:
    first, second = deliveries(), deliveries()
    assert [d.id for d in first] == [d.id for d in second]
    assert len({d.id for d in first}) == 2


def test_another_event_has_other_ids() -> None:
    other = deliveries("evt_2")
    assert not {d.id for d in other} & {d.id for d in deliveries()}


def test_a_notification_to_an_audience_without_destinations_is_skipped() -> None:
    [delivery] = deliveries(audience=Audience.OPERATORS)
    assert delivery.destination is None
    assert delivery.state is DeliveryState.SKIPPED
    assert delivery.reason == "no destination is set for operators"


def test_an_opt_in_notification_without_subscribers_is_skipped() -> None:
    [delivery] = deliveries(opt_in=True)
    assert delivery.destination is None
    assert (delivery.state, delivery.reason) == (
        DeliveryState.SKIPPED,
        "nobody has subscribed to it",
    )
