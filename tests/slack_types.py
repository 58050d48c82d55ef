"""Checks Block Kit against Slack's own types, `@slack/types`, with the TypeScript compiler."""

import json
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from tests.node_modules import NODE_MODULES

_COMPILER = NODE_MODULES / "typescript" / "bin" / "tsc"
_TYPES = NODE_MODULES / "@slack" / "types" / "dist" / "index.d.ts"
_IDENTIFIER = re.compile(r"[a-z_]{1,40}")
_ERROR = re.compile(r"^blocks\.ts\((\d+),\d+\): error (.*)$", re.MULTILINE)
_HEAD = 'import type { HomeView, KnownBlock, ModalView } from "@slack/types";'
_TIMEOUT = 120

BLOCK, HOME, MODAL = "KnownBlock", "HomeView", "ModalView"
"""The types that a literal can have."""


def why_unavailable() -> str:
    """Return what is missing to check types, or an empty string."""
    if shutil.which("node") is None:
        return "node is not installed"
    missing = [path for path in (_COMPILER, _TYPES) if not path.exists()]
    return "typescript or @slack/types is not here: make node_modules fetches them" * bool(missing)


def shape_of(value: Any) -> Any:
    """Return the value with long texts replaced by one and equal items of a list left out.

    Blocks that differ in what they say, not in how they are built, become equal. Short identifiers, which
    may be one of the values that a type lists, stay.
    """
    match value:
        case str():
            return value if _IDENTIFIER.fullmatch(value) else "Text"
        case dict():
            return {name: shape_of(part) for name, part in value.items()}
        case list() | tuple():
            return list({json.dumps(shape_of(item)): shape_of(item) for item in value}.values())
    return value


def literals_of(blocks: Iterable[Any]) -> set[tuple[str, str]]:
    """Return each block's type and JSON, by its shape."""
    return {(BLOCK, json.dumps(shape_of(block))) for block in blocks}


def type_errors(literals: Collection[tuple[str, str]], folder: Path) -> list[str]:
    """Return the compiler's errors, each with the literal; each of these is a type and JSON.

    JSON is an object literal of TypeScript, so fields that a type does not have are errors, too. Writes its
    files to the folder.
    """
    ordered = sorted(literals)
    lines = [f"export const l{i}: {kind} = {text};" for i, (kind, text) in enumerate(ordered)]
    (folder / "blocks.ts").write_text("\n".join([_HEAD, *lines, ""]), encoding="utf-8")
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "types": [],
        "paths": {"@slack/types": [str(_TYPES)]},
    }
    config = {"compilerOptions": options, "files": ["blocks.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(config))
    command = ["node", str(_COMPILER), "--project", ".", "--pretty", "false"]
    done = subprocess.run(  # noqa: S603  # our own command
        command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    found = [
        f"{error}\n    {ordered[int(line) - 2][0]}: {ordered[int(line) - 2][1]}"
        for line, error in _ERROR.findall(done.stdout)
    ]
    if done.returncode and not found:
        raise RuntimeError(done.stdout + done.stderr)
    return found
