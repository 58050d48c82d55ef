"""The command line: its help, and its errors."""

import contextlib
import io

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.commands import CommandGroup
from bot.errors import RegistryError

COMMANDS = [
    *("all", "demo", "doctor", "events", "forget", "preview", "record", "retry"),
    *("send", "slack-manifest", "subscriptions", "web", "webhook", "worker"),
]


def test_help_lists_every_command_with_a_description() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    listed = result.output.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS
    assert all(len(line.split()) > 3 for line in listed)
    assert all(len(line) <= 80 for line in result.output.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    for option in ("--help", "-h"):
        result = CliRunner().invoke(main, [command, option], prog_name="juicebox-bot")
        assert result.exit_code == 0
        assert result.output.startswith(f"Usage: juicebox-bot {command} ")


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(main, ["nonsense"])
    assert result.exit_code == 2
    assert "No such command 'nonsense'" in result.output


def test_an_argument_that_is_not_utf_8_is_refused() -> None:
    result = CliRunner().invoke(main, ["events", "evt_\udcff"])
    assert result.exit_code == 2
    assert "arguments must be valid UTF-8" in result.output


def test_an_error_of_the_bot_is_printed_as_one_line() -> None:
    group = CommandGroup("juicebox-bot")

    @group.result_callback()
    def fail(_: object) -> None:
        raise RegistryError("handlers.one: TYPE must be\x1b a string")

    group.no_args_is_help, group.invoke_without_command = False, True
    result = CliRunner().invoke(group, [])
    assert result.exit_code == 1
    assert result.output == "juicebox-bot: handlers.one: TYPE must be\\x1b a string\n"


def test_stdout_need_not_be_a_file() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as written:
        main(["preview", "key.rotated"], standalone_mode=False)
    assert "Juicebox API key rotated" in written.getvalue()
