"""The documentation lists what exists."""

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
from bot.worker.timings import WorkerTimings
from tests.faults.table import CASES

ROOT = Path(__file__).parents[1]
DOCS = {
    path.relative_to(ROOT): path.read_text()
    for path in [ROOT / "README.md", *sorted((ROOT / ".github").glob("*.md"))]
}
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
README = DOCS[Path("README.md")]
CONFIGURATION, ARCHITECTURE, FAULTS = (
    DOCS[Path(".github", name)] for name in ("CONFIGURATION.md", "ARCHITECTURE.md", "FAULTS.md")
)
EVERYTHING = "\n".join(DOCS.values())
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", EVERYTHING, re.MULTILINE | re.DOTALL))


def section(document: str, heading: str) -> str:
    """Return the text below a heading, up to the next one of its level."""
    return document.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def anchors(document: str) -> set[str]:
    """Return the anchors that GitHub gives the headings."""
    headings = re.findall(r"^#+ (.*)$", document, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


SET_UP = section(README, "Set it up")
LINKS = [
    (path, link)
    for path, text in [*DOCS.items(), (Path("CHANGELOG.md"), CHANGELOG)]
    for link in re.findall(r"\]\((?!http)([^)]+)\)", text) + re.findall(r"src=\"([^\"]+)\"", text)
]


def test_the_readme_is_short() -> None:
    assert 800 <= len(README.split()) <= 1_000


@pytest.mark.parametrize("path", [path for path in DOCS if path.parent != Path()], ids=str)
def test_the_readme_links_to_every_document(path: Path) -> None:
    assert f"]({path})" in README


@pytest.mark.parametrize(("path", "link"), LINKS)
def test_every_link_resolves(path: Path, link: str) -> None:
    name, _, anchor = link.partition("#")
    target = (ROOT / path.parent / name).resolve() if name else ROOT / path
    assert target.exists()
    assert not anchor or anchor in anchors(target.read_text())


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"\b((?:bot|handlers|templates|tests)/[\w./-]*\w)", EVERYTHING)))
)
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - set(MailAddon.model_fields)))
def test_every_setting_is_listed(name: str) -> None:
    assert f"`{name.upper()}`" in section(CONFIGURATION, "Settings")


def test_every_listed_setting_exists() -> None:
    rows = re.findall(r"^\| (.*?) \|", section(CONFIGURATION, "Settings"), re.MULTILINE)
    listed = re.findall(r"`([A-Z][A-Z_]+)`", "\n".join(rows))
    assert {name.lower() for name in listed} <= set(Settings.model_fields)


def test_the_listed_scopes_are_those_of_the_manifest() -> None:
    scopes = section(CONFIGURATION, "Slack scopes")
    listed = re.findall(r"^\| `([a-z]+(?::[a-z.]+)?)` \| (.*) \|$", scopes, re.MULTILINE)
    assert dict(listed) == SCOPES


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b([A-Z][A-Z_]+)=", SHELL)) - {"ARGS"}))
def test_every_variable_that_is_set_is_a_setting(name: str) -> None:
    assert name.lower() in Settings.model_fields


def test_manual_setup_matches_app_json() -> None:
    app = json.loads((ROOT / "app.json").read_text())
    addons = [a if isinstance(a, str) else a["plan"] for a in app["addons"]]
    assert re.findall(r"heroku addons:create (\S+)", SET_UP) == addons
    requested = {name for name, env in app["env"].items() if "Default:" not in env["description"]}
    assert requested <= set(re.findall(r"\b([A-Z][A-Z_]+)=", SET_UP))


@pytest.mark.parametrize("addon", ["MAILGUN_SMTP_", "SENDGRID_", "POSTMARK_"])
def test_listed_mail_addons_are_supported(addon: str) -> None:
    assert f"`{addon}*`" in CONFIGURATION
    assert any(name.startswith(addon.lower()) for name in MailAddon.model_fields)


@pytest.mark.parametrize("event_type", load_registry().types)
def test_every_event_type_is_listed(event_type: str) -> None:
    assert f"| `{event_type}` |" in README


@pytest.mark.parametrize("line", re.findall(r"python -m bot ([^\n`']+)", EVERYTHING))
def test_every_command_exists(line: str) -> None:
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
    sorted(
        {
            target
            for targets in re.findall(r"(?:`|^)make ((?:[a-z_-]+ ?)+)", EVERYTHING, re.MULTILINE)
            for target in targets.split()
        }
    ),
)
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_numbers_are_those_of_the_code() -> None:
    text = " ".join(ARCHITECTURE.split())
    assert f"a lease of {WorkerTimings().lease_duration.seconds} s" in text
    units = {60: "m", 3600: "h", 1: "s"}
    schedule = [
        next(
            f"{delay.seconds // unit} {name}"
            for unit, name in sorted(units.items(), reverse=True)
            if delay.seconds % unit == 0
        )
        for delay in BACKOFF
    ]
    assert f"after {', '.join(schedule[:-1])} and {schedule[-1]}" in text


def test_every_dependency_has_a_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    project = tomllib.loads("\n".join(lines))["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        [line] = [line for line in lines if line.strip().startswith(f'"{requirement}"')]
        assert "  # " in line


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_without_a_url(name: str) -> None:
    text = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-z0-9_.\[\]-]+==[^\s]+.*\\$", text, re.MULTILINE | re.IGNORECASE)
    listed = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pinned) == len(listed)
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
    assert "index-url" not in text


def test_the_current_version_is_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}\n" in CHANGELOG


def test_the_fault_table_is_complete_and_shows_no_loss() -> None:
    rows = re.findall(
        r"^\| (\d+) \| (.*?) \| [\d,]+ \| [\d,]+ \| (\d+) \| (\d+) ", FAULTS, re.MULTILINE
    )
    assert {int(number): title for number, title, *_ in rows} == CASES
    assert {(lost, doubled) for *_, lost, doubled in rows} == {("0", "0")}
