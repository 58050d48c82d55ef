"""Deliveries are spread over time behind a rate limit."""

from datetime import timedelta

from bot.delivery.rate_limit import RateLimiter
from bot.model.outgoing import RateLimit
from tests.factories import seconds


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


LIMIT = RateLimit("slack:C0RECRUIT", seconds(1))
FIRST, SECOND, THIRD = "dlv_0", "dlv_1", "dlv_2"
NO_DELAY = timedelta()


def test_without_a_rate_limit_nothing_waits() -> None:
    assert RateLimiter().delay(LIMIT, FIRST) == NO_DELAY


def test_later_deliveries_queue_up_a_second_apart() -> None:
    limiter = RateLimiter(Clock())
    limiter.back_off(LIMIT, FIRST, seconds(7))
    assert limiter.delay(LIMIT, SECOND) == seconds(8)
    assert limiter.delay(LIMIT, THIRD) == seconds(9)


def test_a_delivery_that_comes_back_in_its_slot_is_sent() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.back_off(LIMIT, FIRST, seconds(7))
    limiter.delay(LIMIT, SECOND)
    limiter.delay(LIMIT, THIRD)
    for delivery in (FIRST, SECOND, THIRD):
        clock.now = 107 + int(delivery[-1])
        assert limiter.delay(LIMIT, delivery) == NO_DELAY


def test_deliveries_limited_at_the_same_moment_get_slots_a_second_apart() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    waits = [limiter.back_off(LIMIT, delivery, seconds(1)) for delivery in (FIRST, SECOND, THIRD)]
    assert waits == [seconds(1), seconds(2), seconds(3)]
    for second, delivery in enumerate((FIRST, SECOND, THIRD), start=101):
        clock.now = second
        assert limiter.delay(LIMIT, delivery) == NO_DELAY


def test_a_delivery_that_is_limited_again_takes_no_slot_of_another() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.back_off(LIMIT, FIRST, seconds(1))
    assert limiter.delay(LIMIT, SECOND) == seconds(2)
    clock.now = 101
    assert limiter.back_off(LIMIT, FIRST, seconds(1)) == seconds(2)
    clock.now = 102
    assert limiter.delay(LIMIT, SECOND) == NO_DELAY


def test_a_delivery_that_comes_too_early_gets_a_new_slot() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.back_off(LIMIT, FIRST, seconds(7))
    clock.now = 103
    assert limiter.delay(LIMIT, FIRST) == seconds(5)


def test_after_the_last_slot_nothing_waits() -> None:
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.back_off(LIMIT, FIRST, seconds(7))
    clock.now = 109
    assert limiter.delay(LIMIT, SECOND) == NO_DELAY
    assert limiter._queues == {}


def test_another_destination_is_not_delayed() -> None:
    limiter = RateLimiter(Clock())
    limiter.back_off(LIMIT, FIRST, seconds(7))
    assert limiter.delay(RateLimit("email:a@b.example", seconds(1)), SECOND) == NO_DELAY


def test_slots_are_as_far_apart_as_the_limit_says() -> None:
    limiter = RateLimiter(Clock())
    quick = RateLimit("smtp:mail.example.com:587", seconds(0.25))
    limiter.back_off(quick, FIRST, seconds(7))
    assert limiter.delay(quick, SECOND) == seconds(7.25)
    assert limiter.delay(quick, THIRD) == seconds(7.5)
