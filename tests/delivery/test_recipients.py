"""Who is told: every destination of an audience, or nobody and why."""

from bot.delivery.recipients import deliveries_of
from bot.model import Audience, DeliveryState, Notify, Transport
from tests.factories import MAIL, NOW, SLACK, make_event

EVENT = make_event()
AUDIENCES = {Audience.RECRUITERS: (SLACK, MAIL), Audience.OPERATORS: ()}


def notify(audience: Audience = Audience.RECRUITERS, *, opt_in: bool = False) -> Notify:
    return Notify(audience, "search.completed", {"n": 1}, thread="search:srch_1", opt_in=opt_in)


def test_every_destination_gets_a_delivery() -> None:
    deliveries = deliveries_of(EVENT, notify(), AUDIENCES, NOW)
    assert [(d.destination, d.state) for d in deliveries] == [
        (SLACK, DeliveryState.PENDING),
        (MAIL, DeliveryState.PENDING),
    ]
    assert {d.notification.thread for d in deliveries} == {"search:srch_1"}
    assert {d.created_at for d in deliveries} == {NOW}


def test_the_same_notification_always_has_the_same_ids() -> None:
    first, second = (deliveries_of(EVENT, notify(), AUDIENCES, NOW) for _ in range(2))
    assert [d.id for d in first] == [d.id for d in second]
    assert len({d.id for d in first}) == 2


def test_another_event_has_other_ids() -> None:
    other = deliveries_of(make_event("evt_2"), notify(), AUDIENCES, NOW)
    assert not {d.id for d in other} & {
        d.id for d in deliveries_of(EVENT, notify(), AUDIENCES, NOW)
    }


def test_an_audience_without_destinations_is_nobody_to_tell() -> None:
    [delivery] = deliveries_of(EVENT, notify(Audience.OPERATORS), AUDIENCES, NOW)
    assert delivery.destination.transport is Transport.NOBODY
    assert delivery.state is DeliveryState.SKIPPED
    assert delivery.reason == "no Slack channel and no mail address is set for operators"


def test_what_must_be_subscribed_to_goes_to_nobody_who_has_not() -> None:
    [delivery] = deliveries_of(EVENT, notify(opt_in=True), AUDIENCES, NOW)
    assert delivery.destination.transport is Transport.NOBODY
    assert (delivery.state, delivery.reason) == (
        DeliveryState.SKIPPED,
        "nobody has subscribed to it",
    )
