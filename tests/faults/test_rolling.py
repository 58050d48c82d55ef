"""A rolling deploy: the release before and this one at work on the same Redis, there and back."""

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


def _commit_of_the_release_before() -> str:
    """The latest commit that set another version than the one that we have."""
    ours = _version((ROOT / "pyproject.toml").read_text())
    changes = _git("log", "--format=%H", "-G^version = ", "--", "pyproject.toml").decode().split()
    theirs = (c for c in changes if _version(_git("show", f"{c}:pyproject.toml").decode()) != ours)
    return next(theirs)


@pytest.fixture
def release_before(tmp_path: Path) -> Path:
    """Its code, out of the history."""
    try:
        code = _git(
            "archive",
            _commit_of_the_release_before(),
            *("bot", "handlers", "templates", "Procfile"),
        )
    except (OSError, StopIteration, subprocess.CalledProcessError):
        pytest.skip("the history that has the release before is not here")
    with tarfile.open(fileobj=io.BytesIO(code)) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


async def ended(*processes: Running) -> None:
    """Told to end, they finish what they do."""
    for running in processes:
        running.process.terminate()
    for running in processes:
        assert await running.process.wait() in {0, -signal.SIGTERM}, running.log()


@pytest.mark.case(25)
@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
async def test_two_releases_share_the_work_while_one_takes_over(
    deployment: Deployment, tally: Tally, release_before: Path, back: bool, whole: bool
) -> None:
    here, before = deployment, replace(deployment, root=release_before)
    old, new = (here, before) if back else (before, here)
    events: list[str] = []
    webs: list[Web] = []
    juicebox = Juicebox(lambda: webs[-1])

    async def some_traffic() -> None:
        fresh = [f"evt_{len(events) + number}" for number in range(300 if whole else 60)]
        events.extend(fresh)
        await juicebox.send_all(map(envelope, fresh))

    async with old.web() as old_web, old.worker() as old_worker:
        webs.append(old_web)
        await some_traffic()
        async with new.web() as new_web, new.worker():
            both_work = asyncio.create_task(some_traffic())
            webs.append(new_web)
            await both_work
            await some_traffic()
            await ended(old_web)
            if back:  # 0.3.0 does not know our queue, so it is to be empty before the worker goes
                await deployment.settled(events)
            await ended(old_worker)
            await some_traffic()
            await deployment.settled(events)
    assert set(juicebox.answers) <= {"200", "503"}
    await tally.audit(deployment, events)
