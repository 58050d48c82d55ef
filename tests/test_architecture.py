"""The one direction in which modules may import each other, and how big they may grow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOUNS = {"bot.model", "bot.errors"}
STORE = {*NOUNS, "bot.queue", "bot.pause", "bot.redis_url", "bot.store"}
WIRE = {
    *("bot.slack_client", "bot.slack_ids", "bot.slack_replies", "bot.slack_scopes", "bot.mrkdwn"),
    *("bot.slack_app_token", "bot.proxies"),
    *("bot.smtp_client", "bot.smtp_url"),
}
"""What is known of Slack's side and the mail server's."""

MAY_IMPORT: dict[str, set[str]] = {
    "handlers": {"bot.model"},
    "bot.model": {"bot.model"},
    "bot.errors": set(),
    "bot.clock": set(),
    "bot.pause": set(),
    "bot.redis_url": set(),
    "bot.domain_name": {"bot.errors"},
    "bot.smtp_url": {"bot.domain_name"},
    "bot.mail_address": {"bot.domain_name", "bot.errors"},
    "bot.ehlo_name": set(),
    "bot.smtp_client": {"bot.smtp_url"},
    "bot.mail_settings": {
        *("bot.errors", "bot.smtp_url", "bot.mail_address", "bot.ehlo_name"),
    },
    "bot.slack_ids": set(),
    "bot.slack_scopes": set(),
    "bot.slack_app_token": set(),
    "bot.proxies": {"bot.errors"},
    "bot.slack_client": {"bot.proxies"},
    "bot.slack_replies": {"bot.model"},
    "bot.mrkdwn": set(),
    "bot.queue": {"bot.model"},
    "bot.body": {"bot.errors"},
    "bot.answers": set(),
    "bot.http_parser": set(),
    "bot.graphemes": set(),
    "bot.http_connection": {"bot.answers", "bot.http_parser"},
    "bot.environment": {"bot.errors"},
    "bot.store_settings": {"bot.environment", "bot.errors", "bot.redis_url"},
    "bot.settings": {
        *(*NOUNS, "bot.environment", "bot.store_settings"),
        *("bot.ehlo_name", "bot.mail_address", "bot.mail_settings", "bot.smtp_url"),
    },
    "bot.store": STORE,
    "bot.lease": {*STORE, "bot.clock"},
    "bot.intake": {*STORE, "bot.body", "bot.intake"},
    "bot.delivery": {
        *STORE,
        "bot.mail_address",
        "bot.clock",
        "bot.graphemes",
        "bot.lease",
        *WIRE,
        "bot.delivery",
    },
    "bot.slack": {
        *(*STORE, "bot.body", "bot.graphemes", "bot.mrkdwn", "bot.slack_ids", "bot.slack"),
        *("bot.proxies", "bot.slack_app_token", "bot.slack_replies"),
    },
    "bot.registry": {*NOUNS, "bot.delivery.render", "handlers"},
    "bot.operations": {
        *(*STORE, *WIRE, "bot.settings", "bot.store_settings", "bot.clock", "bot.operations"),
    },
    "bot.jobs": {*STORE, "bot.graphemes", "bot.lease", "bot.delivery", "bot.registry"},
}
"""Whatever is not named here wires the rest together, and may import all but the playground."""

WIRES = {
    *("bot.wiring", "bot.web", "bot.worker", "bot.worker_process"),
    *("bot.commands", "bot.__main__"),
}
PLAYGROUND = "bot.demo"


def modules() -> list[Path]:
    return sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")])


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in {"bot", "handlers", "tests"}}


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def rule_for(name: str) -> str | None:
    rules = [rule for rule in MAY_IMPORT if inside(name, rule)]
    return max(rules, key=len) if rules else None


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    name = name_of(path)
    rule = rule_for(name)
    if rule is None:
        assert name == "bot" or inside(name, PLAYGROUND) or any(inside(name, w) for w in WIRES), (
            f"{name} has no place in the layout: give it one in this file"
        )
        return
    strangers = {
        imported
        for imported in imports_of(path)
        if not any(inside(imported, allowed) for allowed in MAY_IMPORT[rule])
    }
    assert not strangers, f"{name} must not import {', '.join(sorted(strangers))}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_the_command_line_knows_the_playground(path: Path) -> None:
    name = name_of(path)
    knows = any(inside(imported, PLAYGROUND) for imported in imports_of(path))
    assert not knows or inside(name, PLAYGROUND) or name == "bot.commands.demo"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_arq_stays_behind_one_door(path: Path) -> None:
    source = path.read_text()
    behind = {"bot.queue", "bot.worker"}
    assert name_of(path) in behind or ("import arq" not in source and "from arq" not in source)


@pytest.mark.parametrize(
    "path",
    [*modules(), *sorted((ROOT / "tests").rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250


def test_a_handler_is_short() -> None:
    long = [
        p.name for p in (ROOT / "handlers").glob("*.py") if len(p.read_text().splitlines()) >= 60
    ]
    assert long == []
