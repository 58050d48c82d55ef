"""A rolling deploy and its rollback: two releases run on the same Redis."""

import asyncio
import io
import shutil
import signal
import subprocess
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app import envelope
from tests.faults.deployment import Deployment, Running, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.processes import ROOT


def _git(*arguments: str) -> bytes:
    return subprocess.run(  # noqa: S603  # our own repository
        [shutil.which("git") or "git", "-C", str(ROOT), *arguments], check=True, capture_output=True
    ).stdout


def _version(pyproject: str) -> str:
    return str(tomllib.loads(pyproject)["project"]["version"])


def _previous_release() -> str:
    """Return the latest commit with another version."""
    ours = _version((ROOT / "pyproject.toml").read_text())
    changes = _git("log", "--format=%H", "-G^version = ", "--", "pyproject.toml").decode().split()
    theirs = (c for c in changes if _version(_git("show", f"{c}:pyproject.toml").decode()) != ours)
    return next(theirs)


@pytest.fixture
def previous_release(tmp_path: Path) -> Path:
    """The code of the previous release, from the git history."""
    try:
        code = _git(
            "archive",
            _previous_release(),
            *("bot", "handlers", "templates", "Procfile"),
        )
    except (OSError, StopIteration, subprocess.CalledProcessError):
        pytest.skip("the git history does not contain the previous release")
    with tarfile.open(fileobj=io.BytesIO(code)) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


async def stop(*processes: Running) -> None:
    """Send SIGTERM, and wait until the processes have finished their work."""
    for running in processes:
        running.process.terminate()
    for running in processes:
        assert await running.process.wait() in {0, -signal.SIGTERM}, running.log()


@pytest.mark.case(25)
@pytest.mark.parametrize("rollback", [False, True], ids=["upgrade", "rollback"])
async def test_two_releases_share_the_work_while_one_takes_over(
    deployment: Deployment, tally: Tally, previous_release: Path, rollback: bool, whole: bool
) -> None:
    here, before = deployment, replace(deployment, root=previous_release)
    old, new = (here, before) if rollback else (before, here)
    events: list[str] = []
    webs: list[Web] = []
    juicebox = Juicebox(lambda: webs[-1])

    async def send_events() -> None:
        fresh = [f"evt_{len(events) + number}" for number in range(300 if whole else 60)]
        events.extend(fresh)
        await juicebox.send_all(map(envelope, fresh))

    async with old.web() as old_web, old.worker() as old_worker:
        webs.append(old_web)
        await send_events()
        async with new.web() as new_web, new.worker():
            both_work = asyncio.create_task(send_events())
            webs.append(new_web)
            await both_work
            await send_events()
            await stop(old_web)
            if (
                rollback
            ):  # release 0.3.0 does not use our queue, so empty it before this worker stops
                await deployment.settled(events)
            await stop(old_worker)
            await send_events()
            await deployment.settled(events)
    assert set(juicebox.answers) <= {"200", "503"}
    await tally.audit(deployment, events)
