"""The steps of a request are measured one after the other, and reported in the standard's format."""

from bot.intake.webhook import ServerTiming
from bot.playground.server_timing import parse_server_timing


def test_each_step_begins_where_the_last_one_ended() -> None:
    moments = iter([10.0, 10.00025, 10.0015])
    timing = ServerTiming(lambda: next(moments))
    timing.end_step("read")
    timing.end_step("verify")
    assert timing.header == "read;dur=0.250, verify;dur=1.250"


def test_the_header_can_be_parsed() -> None:
    assert parse_server_timing("read;dur=0.250, verify;dur=1.250") == {"read": 0.25, "verify": 1.25}


def test_the_valid_parts_of_another_header_are_parsed() -> None:
    assert parse_server_timing('cache;desc="hit", db;dur=12, ;dur=1, x;dur=fast') == {"db": 12}
    assert parse_server_timing("") == {}
