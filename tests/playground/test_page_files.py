"""What the page's files list is what the bot knows."""

import re
from pathlib import Path

import pytest

from bot.commands.slack_manifest import manifest
from bot.playground.site import PAGE
from bot.rendering.templates import TEMPLATES

HELP = (
    (TEMPLATES / "_slack" / "help" / "slack.json.j2")
    .read_text()
    .replace("&lt;", "<")
    .replace("&gt;", ">")
)


def typed() -> list[str]:
    """The commands that the message box offers."""
    source = (PAGE / "slack_commands.js").read_text()
    offered = re.findall(r'writes: "(/juicebox [^"]*)", takes: "([^"]*)"', source)
    return [(writes + takes).strip() for writes, takes in offered]


def test_the_box_offers_what_help_explains() -> None:
    assert typed()
    assert set(typed()) == set(re.findall(r"`(/juicebox [^`]+)`", HELP))


def test_the_manifest_hints_at_what_the_box_offers() -> None:
    [command] = manifest("https://bot.example.com/slack/events")["features"]["slash_commands"]
    hinted = {f"/juicebox {words}" for words in command["usage_hint"].split(" | ")}
    assert hinted == set(typed())


@pytest.mark.parametrize("path", sorted(PAGE.glob("*.js")), ids=lambda path: path.name)
def test_nothing_of_an_event_can_become_markup(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source)


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_a_file_of_the_page_is_short_and_loads_nothing_from_elsewhere(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 250
    assert not re.search(r"(?:src|href|url\(|import .* from) *[\"'(=]+https?://", source)
