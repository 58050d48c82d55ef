"""Import rules, and limits on size."""

import ast
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NOUNS = {"bot.model", "bot.errors", "bot.clock"}
STORE = {*NOUNS, "bot.environment", "bot.logging", "bot.store"}

MAY_IMPORT: dict[str, set[str]] = {
    "handlers": {"bot.model"},
    "bot.model": {"bot.model"},
    "bot.errors": set(),
    "bot.clock": set(),
    "bot.environment": {"bot.errors"},
    "bot.logging": {"bot.logging"},
    "bot.http": {"bot.errors", "bot.http"},
    "bot.store": STORE,
    "bot.metrics": {*NOUNS, "bot.store", "bot.metrics"},
    "bot.rendering": {*NOUNS, "bot.rendering"},
    "bot.registry": {*NOUNS, "bot.rendering", "bot.transports.registry", "handlers"},
    "bot.transports": {
        *(*STORE, "bot.http.proxies", "bot.rendering", "bot.transports"),
        *("bot.delivery.sender", "bot.unsubscribe.links", "bot.unsubscribe.settings"),
    },
    "bot.settings": {
        *(*NOUNS, "bot.environment", "bot.store.settings", "bot.transports"),
        "bot.unsubscribe.settings",
    },
    "bot.unsubscribe": {*STORE, "bot.http", "bot.unsubscribe"},
    "bot.intake": {*STORE, "bot.http", "bot.metrics", "bot.intake"},
    "bot.delivery": {*STORE, "bot.metrics", "bot.rendering.graphemes", "bot.delivery"},
    "bot.views": {*NOUNS, "bot.store", "bot.rendering.graphemes", "bot.views"},
    "bot.slack_app": {
        *(*NOUNS, "bot.store", "bot.http", "bot.transports.slack", "bot.views", "bot.slack_app"),
        *("bot.delivery", "bot.rendering.graphemes", "bot.rendering.templates"),
    },
    "bot.worker": {
        *(*STORE, "bot.rendering", "bot.registry", "bot.delivery", "bot.worker"),
    },
    "bot.doctor": {
        *(*STORE, "bot.settings", "bot.transports", "bot.doctor"),
        *("bot.delivery", "bot.registry", "bot.rendering"),
    },
    "bot.fakes": {"bot.errors", "bot.transports.slack.scopes", "bot.fakes"},
}
"""Composition modules are not listed: they may import anything but the playground."""

COMPOSITION = {"bot.wiring", "bot.web", "bot.commands", "bot.__main__"}
PLAYGROUND = "bot.playground"
FAKES = "bot.fakes"
MOST_TOP_LEVEL_MODULES = 10
LONGEST_CHAIN = 19
"""In modules, each of which imports the next one."""
MOST_ARROWS = 142
"""Imports from one folder into another, where a top-level module counts as a folder."""


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


def import_graph() -> dict[str, set[str]]:
    """Return the modules that each module imports; a name is of the module that defines it."""
    paths = {name_of(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in paths.items():
        imported = {i if i in paths else i.rpartition(".")[0] for i in imports_of(path)}
        graph[name] = imported & paths.keys() - {name}
    return graph


def folder_of(name: str) -> str:
    """Return the folder, or the module itself if it is at the top level."""
    path = (ROOT / name.replace(".", "/")).with_suffix("")
    folder = name if path.is_dir() else name.rpartition(".")[0]
    return name if folder == "bot" else folder


def longest_chain(graph: Mapping[str, set[str]]) -> list[str]:
    @cache
    def chain_from(name: str) -> list[str]:
        return [name, *max(map(chain_from, graph[name]), key=len, default=[])]

    return max(map(chain_from, graph), key=len)


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


IN_PRODUCTION = {
    name: {i for i in imported if not inside(i, PLAYGROUND) and not inside(i, FAKES)}
    for name, imported in import_graph().items()
    if not inside(name, PLAYGROUND) and not inside(name, FAKES)
}


def rule_for(name: str) -> str | None:
    rules = [rule for rule in MAY_IMPORT if inside(name, rule)]
    return max(rules, key=len) if rules else None


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    name = name_of(path)
    rule = rule_for(name)
    if rule is None:
        assert (
            name == "bot" or inside(name, PLAYGROUND) or any(inside(name, c) for c in COMPOSITION)
        ), f"{name} has no place in the layout: give it one in this file"
        return
    forbidden = {
        imported
        for imported in imports_of(path)
        if not any(inside(imported, allowed) for allowed in MAY_IMPORT[rule])
    }
    assert not forbidden, f"{name} must not import {', '.join(sorted(forbidden))}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_commands_import_the_playground(path: Path) -> None:
    name = name_of(path)
    imports = any(inside(imported, PLAYGROUND) for imported in imports_of(path))
    assert not imports or inside(name, PLAYGROUND) or inside(name, "bot.commands")


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_commands_and_the_playground_import_the_fakes(path: Path) -> None:
    name = name_of(path)
    imports = any(inside(imported, FAKES) for imported in imports_of(path))
    assert not imports or any(inside(name, user) for user in (FAKES, PLAYGROUND, "bot.commands"))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_arq_is_imported_by_the_queue_alone(path: Path) -> None:
    source = path.read_text()
    users = {"bot.store.queue"}
    assert name_of(path) in users or ("import arq" not in source and "from arq" not in source)


def test_the_longest_chain_of_imports_grows_no_longer() -> None:
    assert len(chain := longest_chain(import_graph())) <= LONGEST_CHAIN, chain


def test_folders_import_no_more_of_each_other() -> None:
    pairs = {(folder_of(name), folder_of(i)) for name in IN_PRODUCTION for i in IN_PRODUCTION[name]}
    assert len({pair for pair in pairs if pair[0] != pair[1]}) <= MOST_ARROWS


def test_folders_do_not_import_each_other_in_a_circle() -> None:
    """The folders directly below `bot`, and its modules."""
    graph: dict[str, set[str]] = {}
    for name, imported in import_graph().items():
        graph.setdefault(top_level(name), set()).update(map(top_level, imported))
    TopologicalSorter({name: found - {name} for name, found in graph.items()}).prepare()


def top_level(name: str) -> str:
    return ".".join(name.split(".")[: 2 if inside(name, "bot") else 1])


def test_the_top_level_is_a_map() -> None:
    assert len(list((ROOT / "bot").glob("*.py"))) <= MOST_TOP_LEVEL_MODULES


@pytest.mark.parametrize(
    "path",
    [*modules(), *sorted((ROOT / "tests").rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_file_is_longer_than_250_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250


def test_a_handler_is_short() -> None:
    long = [
        p.name for p in (ROOT / "handlers").glob("*.py") if len(p.read_text().splitlines()) >= 60
    ]
    assert long == []
