"""Processes that the demo starts end with it, and say why if they end before."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.demo import child
from bot.demo.child import Child, ChildDied, running


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until_it_says(child: Child, word: str) -> None:
    async with asyncio.timeout(5):
        while word not in child.log.read_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)


FOREVER = "import time; print('up', flush=True); time.sleep(60)"


async def test_a_process_ends_with_its_context(tmp_path: Path) -> None:
    async with running("sleeper", python(FOREVER), {}, tmp_path / "log") as sleeper:
        assert is_alive(sleeper.process.pid)
        assert os.getsid(sleeper.process.pid) != os.getsid(0)
    assert sleeper.process.returncode == -signal.SIGTERM
    assert not is_alive(sleeper.process.pid)


async def test_a_process_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_PATIENCE_SECONDS", 0.1)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
    async with running("deaf", python(deaf), {}, tmp_path / "log") as stubborn:
        await until_it_says(stubborn, "up")
    assert stubborn.process.returncode == -signal.SIGKILL


async def test_a_process_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; [print(n, flush=True) for n in range(30)]; sys.exit('SLACK_CHANNEL is missing')"
    async with running("web", python(code), {}, tmp_path / "log") as web:
        with pytest.raises(ChildDied) as died:
            await web.watch()
    lines = str(died.value).splitlines()
    assert lines[0] == "the web process ended with 1; it last wrote:"
    assert "  SLACK_CHANNEL is missing" in lines
    assert len(lines) == 16


async def test_a_process_that_is_killed_is_told_with_the_signal(tmp_path: Path) -> None:
    async with running("worker", python(FOREVER), {}, tmp_path / "log") as worker:
        await until_it_says(worker, "up")
        worker.process.kill()
        with pytest.raises(ChildDied, match="the worker process was ended by SIGKILL"):
            await worker.watch()


async def test_a_process_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    code = "import os; print(os.environ['WORD'], 'HOME' in os.environ)"
    async with running("env", python(code), {"WORD": "hello"}, tmp_path / "log") as shell:
        await shell.process.wait()
    assert shell.said() == "  hello False"
