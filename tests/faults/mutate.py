"""Breaks the bot in one place at a time, and checks that the fault suite fails each time."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.faults.mutation import Mutation
from tests.faults.mutations import MUTATIONS

_ROOT = Path(__file__).parents[2]
_IGNORED = (
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".screens",
)
_TESTS_FAILED = 1
"""https://docs.pytest.org/en/stable/reference/exit-codes.html; any other exit code proves nothing."""
_TIMEOUT = 900
"""In seconds."""


def main() -> int:
    """Return 0 if the suite fails for every mutation. Arguments select mutations by their words."""
    wanted = [m for m in MUTATIONS if all(word in m.what for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory(prefix="juicebox-mutate-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(_ROOT, tree, ignore=shutil.ignore_patterns(*_IGNORED))
        undetected = [mutation for mutation in wanted if not _is_detected(mutation, tree)]
    click.echo(f"\n{len(wanted) - len(undetected)} of {len(wanted)} mutations were detected.")
    return 1 if undetected else 0


def _is_detected(mutation: Mutation, tree: Path) -> bool:
    click.echo(f"case {mutation.case:>2}  {mutation.what} … ", nl=False)
    file = tree / mutation.path
    original = file.read_text()
    if original.count(mutation.original) != 1:
        click.echo(f"NOT MADE: {mutation.path} has changed")
        return False
    file.write_text(original.replace(mutation.original, mutation.broken))
    started = time.monotonic()
    try:
        code, output = _run(mutation.tests, tree)
    finally:
        file.write_text(original)
    seconds = time.monotonic() - started
    failed = re.findall(r"^FAILED \S+::(\S+)", output, re.MULTILINE)
    detected = code == _TESTS_FAILED and bool(failed)
    click.echo(f"red in {seconds:.0f} s: {failed[0]}" if detected else f"GREEN ({code})\n{output}")
    return detected


def _run(tests: str, tree: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests.split()]
    try:
        completed = subprocess.run(  # noqa: S603  # runs our own tests
            command,
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, "timed out"
    return completed.returncode, completed.stdout


if __name__ == "__main__":
    sys.exit(main())
