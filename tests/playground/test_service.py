"""The playground's processes stop with it, can be restarted, and report why they died."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.playground.service import Program, Service, ServiceDied
from tests.polling import until
from tests.running_playground import is_alive

FOREVER = "import time; print('up', flush=True); time.sleep(3600)"


def python(code: str, tmp_path: Path, name: str = "worker", **environment: str) -> Program:
    return Program(name, [sys.executable, "-c", code], environment, tmp_path / "log")


async def until_output_has(service: Service, word: str) -> None:
    async def is_there() -> bool:
        return word in service.log_tail()

    await until(is_there)


def pid_of(service: Service) -> int:
    assert service.process is not None
    return service.process.pid


async def test_a_process_stops_with_its_context(tmp_path: Path) -> None:
    async with Service.running(python(FOREVER, tmp_path)) as sleeper:
        pid = pid_of(sleeper)
        assert is_alive(pid)
        assert os.getsid(pid) != os.getsid(0)
    assert sleeper.process is None
    assert not is_alive(pid)


async def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
    async with Service.running(python(code, tmp_path), stop_timeout=0.1) as service:
        await until_output_has(service, "up")
        pid = pid_of(service)
    assert not is_alive(pid)


async def test_an_unexpected_exit_is_reported_with_the_last_output(tmp_path: Path) -> None:
    code = "import sys; [print(n, flush=True) for n in range(30)]; sys.exit('SLACK_CHANNEL is missing')"
    async with Service.running(python(code, tmp_path, "web")) as web:
        with pytest.raises(ServiceDied) as died:
            await web.watch()
    lines = str(died.value).splitlines()
    assert lines[0] == "the web process ended with 1; its last output:"
    assert "  SLACK_CHANNEL is missing" in lines
    assert len(lines) == 16


async def test_an_unexpected_signal_is_reported(tmp_path: Path) -> None:
    async with Service.running(python(FOREVER, tmp_path)) as worker:
        await until_output_has(worker, "up")
        os.kill(pid_of(worker), signal.SIGKILL)
        with pytest.raises(ServiceDied, match="the worker process was ended by SIGKILL"):
            await worker.watch()


async def test_an_expected_end_is_not_reported(tmp_path: Path) -> None:
    async with Service.running(python(FOREVER, tmp_path)) as worker:
        watching = asyncio.create_task(worker.watch())
        for end in (worker.stop, worker.kill):
            await until_output_has(worker, "up")
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


async def test_a_process_gets_only_the_given_environment(tmp_path: Path) -> None:
    code = "import os; print(os.environ['WORD'], 'HOME' in os.environ)"
    async with Service.running(python(code, tmp_path, WORD="hello")) as shell:
        assert shell.process is not None
        await shell.process.wait()
    assert shell.log_tail() == "  hello False"
