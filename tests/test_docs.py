"""What the README lists is what there is."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from bot.__main__ import main
from bot.delivery.backoff import BACKOFF
from bot.registry import load_registry
from bot.settings import Settings
from bot.transports.email.smtp_url import MailAddon
from bot.transports.slack.scopes import SCOPES
from bot.worker.lease import LEASE
from tests.faults.table import CASES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SET_UP = README.partition("## Set it up")[2].partition("\n## ")[0]
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - set(MailAddon.model_fields)))
def test_every_setting_is_listed(name: str) -> None:
    assert f"`{name.upper()}`" in README


def test_every_setting_that_is_listed_exists() -> None:
    table = README.partition("## Settings")[2].partition("## ")[0]
    listed = re.findall(
        r"`([A-Z][A-Z_]+)`", "\n".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))
    )
    assert {name.lower() for name in listed} <= set(Settings.model_fields)


def test_the_scopes_that_are_listed_are_those_of_the_manifest() -> None:
    listed = re.findall(r"^\| `([a-z]+(?::[a-z]+)?)` \| (.*) \|$", SET_UP, re.MULTILINE)
    assert dict(listed) == SCOPES


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b([A-Z][A-Z_]+)=", SHELL))))
def test_every_variable_that_is_set_is_a_setting(name: str) -> None:
    assert name.lower() in Settings.model_fields


def test_the_steps_by_hand_take_what_herokus_button_takes() -> None:
    app = json.loads((ROOT / "app.json").read_text())
    addons = [a if isinstance(a, str) else a["plan"] for a in app["addons"]]
    assert re.findall(r"heroku addons:create (\S+)", SET_UP) == addons
    asked = {name for name, env in app["env"].items() if "Default:" not in env["description"]}
    assert asked <= set(re.findall(r"\b([A-Z][A-Z_]+)=", SHELL))


@pytest.mark.parametrize("addon", ["MAILGUN_SMTP_", "SENDGRID_", "POSTMARK_"])
def test_the_addons_that_are_listed_are_understood(addon: str) -> None:
    assert f"`{addon}*`" in README
    assert any(name.startswith(addon.lower()) for name in MailAddon.model_fields)


@pytest.mark.parametrize("event_type", load_registry().types)
def test_every_event_type_is_listed(event_type: str) -> None:
    assert f"| `{event_type}` |" in README


@pytest.mark.parametrize("line", re.findall(r"python -m bot ([^\n`']+)", README))
def test_every_command_in_it_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    command: click.Command = main
    while words and isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"no such command: {name}"
        command = found
    options = {opt for param in command.params for opt in param.opts}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize(
    "target",
    sorted({*re.findall(r"`make (\w+)", README), *re.findall(r"^make (\w+)", SHELL, re.MULTILINE)}),
)
def test_every_make_target_in_it_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)|src=\"([^\"]+)\"", README))
def test_every_file_it_points_to_exists(path: tuple[str, str]) -> None:
    assert (ROOT / (path[0] or path[1])).exists()


def test_the_numbers_in_it_are_those_of_the_code() -> None:
    assert f"a lease of {LEASE.seconds} s" in README
    spoken = {60: "m", 3600: "h", 1: "s"}
    schedule = [
        next(
            f"{delay.seconds // unit} {name}"
            for unit, name in sorted(spoken.items(), reverse=True)
            if delay.seconds % unit == 0
        )
        for delay in BACKOFF
    ]
    assert f"after {', '.join(schedule[:-1])} and {schedule[-1]}" in " ".join(README.split())


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    project = tomllib.loads("\n".join(lines))["project"]
    for wanted in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        [line] = [line for line in lines if line.strip().startswith(f'"{wanted}"')]
        assert "  # " in line


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_without_an_address(name: str) -> None:
    text = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-z0-9_.\[\]-]+==[^\s]+.*\\$", text, re.MULTILINE | re.IGNORECASE)
    wanted = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pinned) == len(wanted)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
    assert "index-url" not in text


def test_the_newest_version_is_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_the_table_of_the_fault_suite_is_whole_and_shows_no_loss() -> None:
    rows = re.findall(
        r"^\| (\d+) \| (.*?) \| [\d,]+ \| [\d,]+ \| (\d+) \| (\d+) ", README, re.MULTILINE
    )
    assert {int(number): title for number, title, *_ in rows} == CASES
    assert {(lost, doubled) for *_, lost, doubled in rows} == {("0", "0")}
