"""A deploy: the next release takes over what the previous one left, also while both run on one Redis."""

import asyncio
import io
import shutil
import signal
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.clock import utc_now
from bot.fakes.faults import HttpFault
from bot.store import Store, keys
from tests.app import envelope
from tests.faults.deployment import Deployment, Running, Web
from tests.faults.juicebox import Juicebox
from tests.faults.tally import Tally
from tests.polling import until
from tests.processes import ROOT

_OLD_QUEUES = ("arq:queue", "juicebox:queue")


def _git(*arguments: str) -> bytes:
    return subprocess.run(  # noqa: S603  # our own repository
        [shutil.which("git") or "git", "-C", str(ROOT), *arguments], check=True, capture_output=True
    ).stdout


def _version(pyproject: bytes) -> str:
    return str(tomllib.loads(pyproject.decode())["project"]["version"])


def _commit_of(version: str) -> str:
    """Return the commit that began this release.

    Not the oldest one of a shallow clone, in which every line seems to be new.
    """
    changes = _git(
        *("log", "--format=%H", "--reverse", "--min-parents=1"),
        *("-G^version = ", "--", "pyproject.toml"),
    )
    commits = changes.decode().split()
    return next(c for c in commits if _version(_git("show", f"{c}:pyproject.toml")) == version)


@pytest.fixture(params=["0.3.0", "0.4.0"])
def previous_release(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The code of a release that has been deployed, from the git history."""
    try:
        commit = _commit_of(request.param)
        code = _git("archive", commit, "bot", "handlers", "templates", "Procfile")
    except (OSError, StopIteration, subprocess.CalledProcessError):
        pytest.skip(f"the git history does not contain release {request.param}")
    with tarfile.open(fileobj=io.BytesIO(code)) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


async def stop(*processes: Running) -> None:
    """Send SIGTERM, and wait until the processes have finished their work."""
    for running in processes:
        running.process.terminate()
    for running in processes:
        assert await running.process.wait() in {0, -signal.SIGTERM}, running.log()


@dataclass
class Sender:
    """Sends events to the web process that was started last, `count` at a time."""

    count: int
    events: list[str] = field(default_factory=list)
    webs: list[Web] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.juicebox = Juicebox(lambda: self.webs[-1])

    async def send(self) -> None:
        fresh = [f"evt_{len(self.events) + number}" for number in range(self.count)]
        self.events.extend(fresh)
        await self.juicebox.send_all(map(envelope, fresh))


async def migrate_what_is_done(deployment: Deployment) -> None:
    """Bring the events that an old worker has finished into the new form, as a new process does once.

    Those that wait for a job are taken over by the workers of the new release.
    """
    redis = deployment.store.redis

    async def taken_over() -> bool:
        return not await redis.exists(*_OLD_QUEUES)

    await redis.delete(keys.RECONCILED)  # the next reconciliation is due at once, and not in 30 s
    await until(taken_over)
    await Store(redis, retention=deployment.store.retention).reconciliation.run(utc_now())


async def audit(deployment: Deployment, tally: Tally, sender: Sender) -> None:
    await deployment.settled(sender.events)
    assert set(sender.juicebox.answers) <= {"200", "503"}
    await tally.audit(deployment, sender.events)


@pytest.mark.case(25)
async def test_two_releases_share_the_work_while_the_new_one_takes_over(
    deployment: Deployment, tally: Tally, previous_release: Path, whole: bool
) -> None:
    old, new = replace(deployment, root=previous_release), deployment
    sender = Sender(300 if whole else 20)
    async with old.web() as old_web, old.worker() as old_worker:
        sender.webs.append(old_web)
        await sender.send()
        async with new.web() as new_web, new.worker():
            both_work = asyncio.create_task(sender.send())
            sender.webs.append(new_web)
            await both_work
            await sender.send()
            await stop(old_web, old_worker)
            await sender.send()
            await migrate_what_is_done(new)
            await audit(new, tally, sender)


@pytest.mark.case(25)
async def test_what_the_previous_release_has_accepted_and_not_handled_is_sent_by_the_new_one(
    deployment: Deployment, tally: Tally, previous_release: Path, whole: bool
) -> None:
    """Its worker was stopped first; some messages wait for a retry."""
    old, new = replace(deployment, root=previous_release), deployment
    sender = Sender(300 if whole else 20)
    async with old.web() as old_web:
        sender.webs.append(old_web)
        deployment.slack.plan_faults("chat.postMessage", [HttpFault.status(500)] * 5)
        async with old.worker() as old_worker:
            await sender.send()
            await deployment.slack.wait_for_calls("chat.postMessage", 10)
            await stop(old_worker)
        await sender.send()
        await stop(old_web)
    async with new.web() as new_web, new.worker():
        sender.webs.append(new_web)
        await sender.send()
        await migrate_what_is_done(new)
        await audit(new, tally, sender)


@pytest.mark.case(25)
async def test_after_a_rollback_from_an_empty_queue_the_previous_release_works(
    deployment: Deployment, tally: Tally, previous_release: Path, whole: bool
) -> None:
    """A duplicate of what the new release has sent is still one."""
    old, new = replace(deployment, root=previous_release), deployment
    sender = Sender(300 if whole else 20)
    async with new.web() as new_web, new.worker() as new_worker:
        sender.webs.append(new_web)
        await sender.send()
        await new.settled(sender.events)
        await stop(new_web, new_worker)
    async with old.web() as old_web, old.worker() as old_worker:
        sender.webs.append(old_web)
        await sender.juicebox.send_all(map(envelope, sender.events))
        await sender.send()
        await deployment.slack.wait_for(len(sender.events))
        await deployment.inbox.wait_for(len(sender.events))
        await stop(old_web, old_worker)
    await migrate_what_is_done(new)
    await audit(new, tally, sender)
