"""The playground reports why it cannot start, and stops everything that it started."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.polling import HANG_TIMEOUT
from tests.running_playground import ROOT, children, is_alive, playground, visiting

PROCESSES = 3


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "demo", *options]
    return subprocess.run(  # noqa: S603 - our own command line
        command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_TIMEOUT, check=False
    )


def test_a_second_demo_reports_the_first(url: str) -> None:
    port = url.rpartition(":")[2]
    done = demo("--port", port)
    assert done.returncode == 1
    assert done.stdout.startswith(
        f"the playground is already running: open http://127.0.0.1:{port}, or stop it first"
    )


def test_a_port_of_another_program_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = demo("--port", str(port))
    assert done.returncode == 1
    assert done.stdout == (
        f"port {port} on 127.0.0.1 is taken: end what listens there, or choose another with --port:"
        ' make demo ARGS="--port 0" finds a free one\n'
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_everything(number: signal.Signals) -> None:
    with playground() as (url, process):
        started = children(process.pid)
        assert len(started) == PROCESSES
        async with visiting(url) as visitor:
            kinds = []
            async for record in visitor.records():
                kinds.append(record["kind"])
                if record["kind"] == "failures":
                    process.send_signal(number)
            assert kinds[-1] == "stopped"
        assert process.wait(timeout=HANG_TIMEOUT) == 0
        assert [pid for pid in started if is_alive(pid)] == []


def test_a_dead_process_stops_everything_and_is_reported() -> None:
    with playground() as (_, process):
        assert process.stdout is not None
        started = children(process.pid)
        os.kill(started[-1], signal.SIGKILL)
        output = process.stdout.read()
        assert process.wait(timeout=HANG_TIMEOUT) == 1
        assert [pid for pid in started if is_alive(pid)] == []
    assert "process was ended by SIGKILL; its last output:" in output
