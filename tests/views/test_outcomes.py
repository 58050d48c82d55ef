"""What became of an event's messages, for one reader."""

from dataclasses import replace

import pytest

from bot.model import Audience, Delivery, DeliveryState, Destination, EventState, Transport
from bot.store.stored_event import StoredEvent
from bot.views.outcomes import (
    Kind,
    Reader,
    event_in_words,
    outcomes,
    thread_names,
)
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event, seconds

ME = Destination(Transport.SLACK, "U0ME")
MEMBER = Reader(frozenset({ME}), frozenset({SLACK, MAIL}), is_member=True, is_operator=False)
GUEST = replace(MEMBER, is_member=False)
OPERATOR = replace(MEMBER, is_operator=True)


def event_with(*deliveries: Delivery, state: EventState = EventState.HANDLED) -> StoredEvent:
    return StoredEvent(make_event(), b"", state, NOW, deliveries=deliveries)


def to(destination: Destination | None, **values: object) -> Delivery:
    return replace(make_delivery(destination=destination), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (MEMBER, [SLACK, MAIL, ME]),
        (GUEST, [ME]),
        (OPERATOR, [SLACK, MAIL, ME, Destination(Transport.SLACK, "U0OTHER")]),
    ],
)
def test_who_sees_which_delivery(reader: Reader, seen: list[Destination]) -> None:
    everywhere = [to(d) for d in (SLACK, MAIL, ME, Destination(Transport.SLACK, "U0OTHER"))]
    assert [d.destination for d in everywhere if reader.may_see(d)] == seen


def test_who_sees_that_nobody_gets_it() -> None:
    for_recruiters = to(None)
    for_operators = replace(for_recruiters, audience=Audience.OPERATORS)
    assert [MEMBER.may_see(d) for d in (for_recruiters, for_operators)] == [True, False]
    assert not GUEST.may_see(for_recruiters)


def test_equal_outcomes_are_one_and_failures_come_first() -> None:
    found = outcomes(
        [
            to(SLACK, state=DeliveryState.SENT),
            to(ME, state=DeliveryState.HELD, next_at=NOW + seconds(60)),
            to(MAIL, state=DeliveryState.SENT),
            to(Destination(Transport.SLACK, "C0X"), state=DeliveryState.FAILED),
        ]
    )
    assert [(outcome.kind, outcome.to) for outcome in found] == [
        (Kind.FAILED, (Destination(Transport.SLACK, "C0X"),)),
        (Kind.HELD, (ME,)),
        (Kind.SENT, (SLACK, MAIL)),
    ]
    assert found[1].until == NOW + seconds(60)


def test_every_state_has_an_outcome() -> None:
    for state in DeliveryState:
        [outcome] = outcomes([to(SLACK, state=state)])
        assert outcome.kind in Kind


@pytest.mark.parametrize("reader", [MEMBER, GUEST])
def test_an_event_for_others_is_not_seen(reader: Reader) -> None:
    other = event_with(to(Destination(Transport.SLACK, "U0OTHER")))
    seen = event_in_words(other, reader, lambda _: "text")
    assert (seen.is_for_others, seen.summary, seen.outcomes) == (True, "Search completed", ())
    told = event_in_words(other, OPERATOR, lambda _: "text")
    assert (told.is_for_others, told.summary) == (False, "text")


def test_an_event_without_messages_is_known_by_its_type() -> None:
    new = event_with(state=EventState.ACCEPTED)
    seen = event_in_words(new, MEMBER, lambda _: "text")
    assert (seen.is_for_others, seen.summary, seen.outcomes) == (False, "Search completed", ())
    assert event_in_words(new, GUEST, lambda _: "text").is_for_others


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        (Destination(Transport.SLACK, "C0PRIVATE"), "a channel"),
        (Destination(Transport.SLACK, "#Deals"), "a channel"),
        (Destination(Transport.SLACK, "U0OTHER"), "a direct message"),
        (Destination(Transport.SLACK, "D0OTHER"), "a direct message"),
        (Destination(Transport.EMAIL, "boss@example.com"), "an email address"),
    ],
)
def test_other_peoples_places_are_named_by_their_kind(to: Destination, kind: str) -> None:
    assert MEMBER.named(to).address == kind
    assert (MEMBER.named(SLACK), OPERATOR.named(to)) == (SLACK, to)


def test_a_failure_has_its_reason_in_plain_words() -> None:
    failed = to(SLACK, state=DeliveryState.FAILED, reason="not_in_channel: the bot is not there")
    [outcome] = outcomes([failed])
    assert outcome.why == "I am not in that channel: `/invite @Juicebox` lets me in"


def test_a_searchs_thread_is_named_by_its_query() -> None:
    def search(data: object) -> StoredEvent:
        return replace(event_with(), event=replace(make_event(), data=data))  # type: ignore[arg-type]

    events = [
        search({"searchId": "s1", "query": " rust "}),
        search({"searchId": "s1", "query": "older"}),
        search({"searchId": ["s2"], "query": "x"}),
        search({"searchId": "s3", "query": 7}),
        search("nonsense"),
    ]
    assert thread_names(events) == {"search:s1": "rust"}
