"""The interval between mails that wait for a connection."""

from contextlib import ExitStack

from bot.transports.email.sender import MailRate
from tests.delivery.test_rate_limit import Clock
from tests.factories import seconds


def test_the_first_interval_is_short() -> None:
    assert MailRate(2, Clock()).spacing == seconds(0.02)


def test_the_interval_follows_from_the_duration_of_mails() -> None:
    clock = Clock()
    rate = MailRate(2, clock)
    for _ in range(5):
        with rate.measured():
            clock.now += 1
    assert abs(rate.spacing - seconds(0.4)) < seconds(0.001)


def test_the_interval_grows_when_the_server_slows_down() -> None:
    clock = Clock()
    rate = MailRate(2, clock)
    for duration in (0.1, *[1.0] * 20):
        with rate.measured():
            clock.now += duration
    assert seconds(0.39) < rate.spacing <= seconds(0.4)


def test_mails_in_progress_count_and_the_interval_is_at_most_a_second() -> None:
    clock = Clock()
    rate = MailRate(2, clock)
    with ExitStack() as mails:
        for _ in range(2):
            mails.enter_context(rate.measured())
        clock.now += 1
        assert abs(rate.spacing - seconds(0.4)) < seconds(0.001)
        clock.now += 600
        assert rate.spacing == seconds(1)
