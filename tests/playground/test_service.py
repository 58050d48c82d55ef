"""Processes that the demo starts end with it, can be switched off and on, and say why they died."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.playground import service
from bot.playground.service import Program, Service, ServiceDied
from tests.polling import until
from tests.running_playground import is_alive

FOREVER = "import time; print('up', flush=True); time.sleep(3600)"


def python(code: str, tmp_path: Path, name: str = "worker", **environment: str) -> Program:
    return Program(name, [sys.executable, "-c", code], environment, tmp_path / "log")


async def until_it_says(service: Service, word: str) -> None:
    async def said() -> bool:
        return word in service.said()

    await until(said)


def pid_of(service: Service) -> int:
    assert service.process is not None
    return service.process.pid


async def test_a_process_ends_with_its_context(tmp_path: Path) -> None:
    async with Service.running(python(FOREVER, tmp_path)) as sleeper:
        pid = pid_of(sleeper)
        assert is_alive(pid)
        assert os.getsid(pid) != os.getsid(0)
    assert sleeper.process is None
    assert not is_alive(pid)


async def test_a_process_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_PATIENCE_SECONDS", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
    async with Service.running(python(deaf, tmp_path)) as stubborn:
        await until_it_says(stubborn, "up")
        pid = pid_of(stubborn)
    assert not is_alive(pid)


async def test_a_process_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; [print(n, flush=True) for n in range(30)]; sys.exit('SLACK_CHANNEL is missing')"
    async with Service.running(python(code, tmp_path, "web")) as web:
        with pytest.raises(ServiceDied) as died:
            await web.watch()
    lines = str(died.value).splitlines()
    assert lines[0] == "the web process ended with 1; it last wrote:"
    assert "  SLACK_CHANNEL is missing" in lines
    assert len(lines) == 16


async def test_a_process_that_somebody_else_kills_is_told_with_the_signal(tmp_path: Path) -> None:
    async with Service.running(python(FOREVER, tmp_path)) as worker:
        await until_it_says(worker, "up")
        os.kill(pid_of(worker), signal.SIGKILL)
        with pytest.raises(ServiceDied, match="the worker process was ended by SIGKILL"):
            await worker.watch()


async def test_a_process_that_is_told_to_end_has_not_died(tmp_path: Path) -> None:
    async with Service.running(python(FOREVER, tmp_path)) as worker:
        watching = asyncio.create_task(worker.watch())
        for end in (worker.stop, worker.kill):
            await until_it_says(worker, "up")
            before = pid_of(worker)
            await end()
            await end()
            assert not is_alive(before)
            await worker.start()
            await worker.start()
            assert pid_of(worker) != before
        assert not watching.done()
        os.kill(pid_of(worker), signal.SIGTERM)
        with pytest.raises(ServiceDied, match="was ended by SIGTERM"):
            await watching


async def test_a_process_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    code = "import os; print(os.environ['WORD'], 'HOME' in os.environ)"
    async with Service.running(python(code, tmp_path, WORD="hello")) as shell:
        assert shell.process is not None
        await shell.process.wait()
    assert shell.said() == "  hello False"
