"""The page's files agree with the bot, and load and run nothing foreign."""

import re
from pathlib import Path

import pytest

from bot.commands.slack_manifest import manifest
from bot.playground.pages import PAGE
from bot.slack_app.grammar import COMMANDS


def offered_commands() -> list[str]:
    """Return the commands that the message box offers."""
    source = (PAGE / "slack_commands.js").read_text()
    offered = re.findall(r'command: "(/juicebox [^"]*)", argument: "((?:[^"\\]|\\.)*)"', source)
    return [(command + argument).replace('\\"', '"').strip() for command, argument in offered]


def test_the_message_box_offers_the_commands_in_help() -> None:
    assert offered_commands()
    assert offered_commands() == [f"/juicebox {usage.syntax}" for usage in COMMANDS.values()]


def test_the_manifest_hints_at_the_same_commands() -> None:
    [command] = manifest("https://bot.example.com/slack/events")["features"]["slash_commands"]
    assert set(command["usage_hint"].split(" | ")) < {*COMMANDS}


@pytest.mark.parametrize("path", sorted(PAGE.glob("*.js")), ids=lambda path: path.name)
def test_no_file_writes_markup(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source)


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_a_file_is_short_and_loads_nothing_from_other_sites(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 250
    assert not re.search(r"(?:src|href|url\(|import .* from) *[\"'(=]+https?://", source)
