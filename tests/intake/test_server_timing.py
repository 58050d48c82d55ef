"""A request's steps are timed one after the other, and told as the standard has it."""

from bot.intake.server_timing import ServerTiming
from bot.playground.server_timing import parse_server_timing


def test_each_lap_begins_where_the_last_one_ended() -> None:
    moments = iter([10.0, 10.00025, 10.0015])
    laps = ServerTiming(lambda: next(moments))
    laps.lap("read")
    laps.lap("verify")
    assert laps.header == "read;dur=0.250, verify;dur=1.250"


def test_what_is_told_can_be_read_back() -> None:
    assert parse_server_timing("read;dur=0.250, verify;dur=1.250") == {"read": 0.25, "verify": 1.25}


def test_a_header_of_somebody_else_is_read_as_far_as_it_goes() -> None:
    assert parse_server_timing('cache;desc="hit", db;dur=12, ;dur=1, x;dur=fast') == {"db": 12}
    assert parse_server_timing("") == {}
