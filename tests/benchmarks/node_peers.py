"""Installs the peers that run on Node into a folder that git ignores."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.benchmarks.services import PEERS

FOLDER = Path(__file__).parents[2] / ".benchmarks"
_SOURCE = PEERS / "express"
_TIMEOUT = 180


class NotInstalled(Exception):
    """The peers cannot run here; the message says why."""


def install() -> Path:
    """Return the folder with the peers, with their packages installed in the versions they name.

    Raises:
        NotInstalled: without Node and npm, or if npm cannot download the packages.
    """
    if not (shutil.which("node") and (npm := shutil.which("npm"))):
        raise NotInstalled("the peers on Node are skipped: node and npm are not installed")
    version = hashlib.sha256((_SOURCE / "package.json").read_bytes()).hexdigest()[:12]
    folder = FOLDER / f"express-{version}"
    if not (folder / "node_modules").is_dir():
        _download(npm, folder)
    shutil.copytree(_SOURCE, folder, dirs_exist_ok=True)
    return folder


def _download(npm: str, folder: Path) -> None:
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(_SOURCE, part)
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"]
    try:
        subprocess.run(  # noqa: S603 - a fixed command line
            [npm, "install", "--silent", *options],
            cwd=part,
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
    except subprocess.SubprocessError as fault:
        shutil.rmtree(part, ignore_errors=True)
        raise NotInstalled(f"the peers on Node are skipped: npm failed: {fault}") from fault
    part.rename(folder)
