"""How far apart mails come that wait for a connection."""

from contextlib import ExitStack

from bot.transports.email.rate import MailRate
from tests.delivery.test_rate_limit import Clock
from tests.factories import seconds


def test_before_anything_is_known_they_come_quickly() -> None:
    assert MailRate(2, Clock()).spacing == seconds(0.02)


def test_they_come_as_quickly_as_connections_become_free() -> None:
    clock = Clock()
    rate = MailRate(2, clock)
    for _ in range(5):
        with rate.measured():
            clock.now += 1
    assert abs(rate.spacing - seconds(0.4)) < seconds(0.001)


def test_a_server_that_becomes_slower_is_noticed() -> None:
    clock = Clock()
    rate = MailRate(2, clock)
    for duration in (0.1, *[1.0] * 20):
        with rate.measured():
            clock.now += duration
    assert seconds(0.39) < rate.spacing <= seconds(0.4)


def test_mails_that_are_not_done_yet_count_and_a_second_is_the_most() -> None:
    clock = Clock()
    rate = MailRate(2, clock)
    with ExitStack() as mails:
        for _ in range(2):
            mails.enter_context(rate.measured())
        clock.now += 1
        assert abs(rate.spacing - seconds(0.4)) < seconds(0.001)
        clock.now += 600
        assert rate.spacing == seconds(1)
