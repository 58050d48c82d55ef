"""Breaks the bot in one place after the other, and sees that the fault suite notices each time."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.faults.mutations import MUTATIONS, Mutation

_ROOT = Path(__file__).parents[2]
_WITHOUT = (
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".screens",
)
_TESTS_FAILED = 1
"""https://docs.pytest.org/en/stable/reference/exit-codes.html; any other code shows nothing."""
_PATIENCE_SECONDS = 900


def main() -> int:
    """Exit code 0 if every mutation was noticed. Arguments pick mutations by their words."""
    wanted = [m for m in MUTATIONS if all(word in m.what for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory(prefix="juicebox-mutate-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(_ROOT, tree, ignore=shutil.ignore_patterns(*_WITHOUT))
        unnoticed = [mutation for mutation in wanted if not _is_noticed(mutation, tree)]
    click.echo(f"\n{len(wanted) - len(unnoticed)} of {len(wanted)} mutations were noticed.")
    return 1 if unnoticed else 0


def _is_noticed(mutation: Mutation, tree: Path) -> bool:
    click.echo(f"case {mutation.case:>2}  {mutation.what} … ", nl=False)
    file = tree / mutation.path
    sound = file.read_text()
    if sound.count(mutation.whole) != 1:
        click.echo(f"NOT MADE: {mutation.path} has changed")
        return False
    file.write_text(sound.replace(mutation.whole, mutation.broken))
    started = time.monotonic()
    try:
        code, said = _run(mutation.tests, tree)
    finally:
        file.write_text(sound)
    seconds = time.monotonic() - started
    failed = re.findall(r"^FAILED \S+::(\S+)", said, re.MULTILINE)
    noticed = code == _TESTS_FAILED and bool(failed)
    click.echo(f"red in {seconds:.0f} s: {failed[0]}" if noticed else f"GREEN ({code})\n{said}")
    return noticed


def _run(tests: str, tree: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests.split()]
    try:
        ended = subprocess.run(  # noqa: S603  # our own tests
            command,
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, "it did not end"
    return ended.returncode, ended.stdout


if __name__ == "__main__":
    sys.exit(main())
