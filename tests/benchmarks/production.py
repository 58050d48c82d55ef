"""Installs what a deployment has, without the tools of development, into a folder that git ignores."""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.benchmarks.node_peers import FOLDER, NotInstalled

_REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
_TIMEOUT = 300


def python() -> str:
    """Return the interpreter of a virtual environment with the production requirements alone.

    Some libraries import others that are merely installed, which takes time and memory.

    Raises:
        NotInstalled: if pip cannot download the packages.
    """
    content = _REQUIREMENTS.read_bytes() + sys.version.encode()
    folder = FOLDER / f"python-{hashlib.sha256(content).hexdigest()[:12]}"
    interpreter, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _install(str(interpreter))
        complete.touch()
    return str(interpreter)


def _install(interpreter: str) -> None:
    options = ["--quiet", "--require-hashes", "--requirement", str(_REQUIREMENTS)]
    try:
        subprocess.run(  # noqa: S603 - a fixed command line
            [interpreter, "-m", "pip", "install", *options],
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
    except subprocess.SubprocessError as fault:
        raise NotInstalled(
            f"the bot runs with what is installed for development: {fault}"
        ) from fault
