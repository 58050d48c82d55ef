"""`demo --once` runs the whole bot and exits with 0 only if everything arrived."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.fakes.slack.api import HttpFault, LocalSlack
from bot.model import Transport
from bot.playground import deployment, once
from bot.playground.run import run_playground
from bot.playground.samples import ArrivalCheck, ExpectedEvent, samples_of
from bot.transports.terminal.console import Console
from tests.polling import HANG_TIMEOUT
from tests.running_playground import children, is_alive

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, "-m", "bot", "demo"]


def test_once_shows_every_message_and_mail_and_ends_with_0() -> None:
    # The environment's settings and proxies must not affect the playground.
    environment = {**os.environ, "RETENTION_DAYS": "nonsense", "HTTPS_PROXY": "http://127.0.0.1:1"}
    done = subprocess.run(  # noqa: S603 - our own command line
        [*DEMO, "--once"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "Everything arrived, each once: 4 messages in Slack, 4 emails."
    assert sorted(line for line in lines if line.startswith("╭")) == [
        *["╭ Mail to operator@example.com"] * 2,
        *["╭ Mail to recruiter@example.com"] * 2,
        *["╭ Slack to #juicebox-alerts"] * 2,
        *["╭ Slack to #recruiting"] * 2,
    ]
    assert "│ Export ready: 1,204 records" in lines
    assert "│ Subject: Juicebox quota at 84.0%" in lines
    assert "profile.enriched: stored as profile prof_2x9d4w; nobody is notified" in lines
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("options", "code"), [(["--once"], 1), (["--port", "0"], 0)])
def test_a_signal_during_the_start_stops_everything(options: list[str], code: int) -> None:
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*DEMO, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Mail server" in line:
                break
        started = children(process.pid)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=HANG_TIMEOUT) == code
    assert rest.splitlines()[-1] == "Stopped."
    assert len(started) >= 1
    assert [pid for pid in started if is_alive(pid)] == []


class Terminal(io.StringIO):
    """A terminal that sends SIGINT as soon as `cue` is written."""

    def __init__(self, cue: str) -> None:
        super().__init__()
        self._cue = cue

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._cue in text:
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


def test_an_interrupted_run_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal("Mail server")
    assert run_playground(once=True, port=0, stream=terminal) == 1
    assert terminal.getvalue().startswith("\x1b[1mStarting\x1b[0m\n\x1b[2m  Redis")


class TimeoutAfterMails(ArrivalCheck):
    """Raises TimeoutError as soon as all mails have arrived."""

    class _TimeoutEvent(asyncio.Event):
        async def wait(self) -> Literal[True]:
            await super().wait()
            raise TimeoutError

    def __init__(self, samples: Iterable[ExpectedEvent]) -> None:
        super().__init__(samples)
        self.completed = self._TimeoutEvent()
        self._missing = {
            name for name, d in self._expected.items() if d.destination.transport is Transport.EMAIL
        }


def test_missing_messages_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_slack(**options: Any) -> LocalSlack:
        api = LocalSlack(**options)
        api.plan_faults("chat.postMessage", [HttpFault.error("channel_not_found")] * 20)
        return api

    monkeypatch.setattr(deployment, "LocalSlack", broken_slack)
    monkeypatch.setattr(once, "ArrivalCheck", TimeoutAfterMails)
    stream = io.StringIO()
    assert run_playground(once=True, port=0, stream=stream) == 1
    lines = stream.getvalue().splitlines()
    assert "Not everything arrived within 30 s." in lines
    assert "  search.completed to slack:C0RECRUIT did not arrive" in lines
    assert "  The worker's last output:" in lines
    assert not any("to email:" in line for line in lines)


def test_an_unhandled_event_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def invalid_samples(*given: Any) -> list[ExpectedEvent]:
        [sample] = [s for s in samples_of(*given) if s.event.type == "profile.enriched"]
        body = sample.body.replace(b'"profileId"', b'"nothing"')
        return [replace(sample, body=body)]

    monkeypatch.setattr(once, "samples_of", invalid_samples)
    stream = io.StringIO()
    assert run_playground(once=True, port=0, stream=stream) == 1
    lines = stream.getvalue().splitlines()
    assert "  profile.enriched was not handled, its state is dead" in lines
    assert "  profile.enriched left no record of profile prof_2x9d4w" in lines


def failed_run() -> str:
    stream = io.StringIO()
    assert run_playground(once=True, port=0, stream=stream) == 1
    return stream.getvalue()


def test_a_refused_webhook_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "sign", lambda body, secret: "sha256=wrong")
    output = failed_run()
    assert 'the webhook answered 401: {"error":"Invalid signature"}' in output


async def test_a_start_timeout_is_reported() -> None:
    late = "the bot was not ready within 0.01 s: it cannot be reached"
    with pytest.raises(deployment.PlaygroundFailed, match=late):
        async with deployment.local_deployment(Console(io.StringIO()), start_timeout=0.01):
            pass


def test_a_failed_start_is_reported_with_its_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = deployment._environment
    empty = {"SLACK_CHANNEL": "", "EMAIL_TO": ""}
    monkeypatch.setattr(deployment, "_environment", lambda *given: {**environment(*given), **empty})
    output = failed_run()
    assert "process ended with 2; its last output:" in output
    assert "SLACK_CHANNEL or EMAIL_TO is missing: nobody would be notified" in output


def test_a_machine_without_redis_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert failed_run().splitlines() == [
        "Starting",
        (
            "no redis-server found: install one (apt-get install redis-server, brew install redis)"
            " so that it is on the PATH"
        ),
    ]
