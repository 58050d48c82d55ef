"""Turns at a destination that asked for patience."""

from datetime import timedelta

from bot.delivery.rate_limit import RateLimit, Turns
from tests.factories import seconds


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


LIMIT = RateLimit("slack:C0RECRUIT", seconds(1))
FIRST, SECOND, THIRD = "dlv_0", "dlv_1", "dlv_2"
NOTHING = timedelta()


def test_nobody_waits_where_nobody_was_sent_away() -> None:
    assert Turns().wait(LIMIT, FIRST) == NOTHING


def test_those_that_come_meanwhile_queue_up_a_second_apart() -> None:
    turns = Turns(Clock())
    turns.rest(LIMIT, FIRST, seconds(7))
    assert turns.wait(LIMIT, SECOND) == seconds(8)
    assert turns.wait(LIMIT, THIRD) == seconds(9)


def test_each_has_its_turn_when_it_comes_back_for_it() -> None:
    clock = Clock()
    turns = Turns(clock)
    turns.rest(LIMIT, FIRST, seconds(7))
    turns.wait(LIMIT, SECOND)
    turns.wait(LIMIT, THIRD)
    for delivery in (FIRST, SECOND, THIRD):
        clock.now = 107 + int(delivery[-1])
        assert turns.wait(LIMIT, delivery) == NOTHING


def test_deliveries_refused_at_the_same_moment_get_turns_a_second_apart() -> None:
    clock = Clock()
    turns = Turns(clock)
    waits = [turns.rest(LIMIT, delivery, seconds(1)) for delivery in (FIRST, SECOND, THIRD)]
    assert waits == [seconds(1), seconds(2), seconds(3)]
    for second, delivery in enumerate((FIRST, SECOND, THIRD), start=101):
        clock.now = second
        assert turns.wait(LIMIT, delivery) == NOTHING


def test_a_delivery_refused_at_its_turn_takes_no_turn_of_another() -> None:
    clock = Clock()
    turns = Turns(clock)
    turns.rest(LIMIT, FIRST, seconds(1))
    assert turns.wait(LIMIT, SECOND) == seconds(2)
    clock.now = 101
    assert turns.rest(LIMIT, FIRST, seconds(1)) == seconds(2)
    clock.now = 102
    assert turns.wait(LIMIT, SECOND) == NOTHING


def test_who_comes_too_early_lines_up_again() -> None:
    clock = Clock()
    turns = Turns(clock)
    turns.rest(LIMIT, FIRST, seconds(7))
    clock.now = 103
    assert turns.wait(LIMIT, FIRST) == seconds(5)


def test_once_the_queue_has_passed_nobody_waits() -> None:
    clock = Clock()
    turns = Turns(clock)
    turns.rest(LIMIT, FIRST, seconds(7))
    clock.now = 109
    assert turns.wait(LIMIT, SECOND) == NOTHING
    assert turns._queues == {}


def test_another_destination_is_not_held_up() -> None:
    turns = Turns(Clock())
    turns.rest(LIMIT, FIRST, seconds(7))
    assert turns.wait(RateLimit("email:a@b.example", seconds(1)), SECOND) == NOTHING


def test_each_limit_has_a_spacing_of_its_own() -> None:
    turns = Turns(Clock())
    quick = RateLimit("smtp:mail.example.com:587", seconds(0.25))
    turns.rest(quick, FIRST, seconds(7))
    assert turns.wait(quick, SECOND) == seconds(7.25)
    assert turns.wait(quick, THIRD) == seconds(7.5)
