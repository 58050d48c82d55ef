"""The commands that operators are shown fit the platform."""

import shlex

import pytest

from bot.model import Platform
from tests.app import MakeSettings

HEROKU, ELSEWHERE = Platform(is_heroku=True), Platform()
IDS = ["evt 1", "evt_1; rm -rf /", "$(reboot)", "it's", '"', "`id`", "evt_1\nreboot"]


def test_a_command_is_run_on_the_platform() -> None:
    assert ELSEWHERE.retry_command("evt_1") == "python -m bot retry evt_1"
    assert HEROKU.retry_command("evt_1") == "heroku run python -m bot retry evt_1"


@pytest.mark.parametrize("event_id", IDS)
def test_an_id_stays_one_argument_of_the_command(event_id: str) -> None:
    assert shlex.split(ELSEWHERE.retry_command(event_id)) == [
        "python",
        *["-m", "bot", "retry"],
        event_id,
    ]


@pytest.mark.parametrize("event_id", IDS)
def test_an_id_stays_one_argument_in_both_shells_of_heroku(event_id: str) -> None:
    heroku, run, command = shlex.split(HEROKU.retry_command(event_id))
    assert (heroku, run) == ("heroku", "run")
    assert shlex.split(command) == ["python", *["-m", "bot", "retry"], event_id]


@pytest.mark.parametrize(("dyno", "is_heroku"), [("worker.1", True), (None, False), ("", False)])
def test_heroku_is_recognized_by_its_variable(
    make_settings: MakeSettings, dyno: str | None, *, is_heroku: bool
) -> None:
    assert make_settings(DYNO=dyno).platform == Platform(is_heroku=is_heroku)
