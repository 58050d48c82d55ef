"""The demo on the terminal runs the whole bot, and ends by itself: with 0 only if all arrived."""

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
from bot.playground import once, stage
from bot.playground.run import run_demo
from bot.playground.samples import ExpectedEvent, Tally, samples_of
from tests.polling import HANG_TIMEOUT
from tests.running_playground import children, is_alive

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, "-m", "bot", "demo"]


def test_once_shows_every_message_and_mail_and_ends_with_0() -> None:
    # Neither the settings that are lying around nor a proxy have a say in the demo.
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
    assert lines[-1] == "Everything arrived, each once: 4 messages in Slack, 4 mails."
    assert sorted(line for line in lines if line.startswith("╭")) == [
        *["╭ Mail to operator@example.com"] * 2,
        *["╭ Mail to recruiter@example.com"] * 2,
        *["╭ Slack to #juicebox-alerts"] * 2,
        *["╭ Slack to #recruiting"] * 2,
    ]
    assert "│ Export ready: 1,204 records" in lines
    assert "│ Subject: Juicebox quota at 84.0%" in lines
    assert "profile.enriched: kept as profile prof_2x9d4w; nobody is told" in lines
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("options", "code"), [(["--once"], 1), (["--port", "0"], 0)])
def test_a_signal_while_it_starts_ends_everything(options: list[str], code: int) -> None:
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
    """A terminal at which somebody presses Ctrl-C on reading `cue`."""

    def __init__(self, cue: str) -> None:
        super().__init__()
        self._cue = cue

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._cue in text:
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


def test_once_that_is_stopped_has_not_seen_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal("Mail server")
    assert run_demo(once=True, port=0, stream=terminal) == 1
    assert terminal.getvalue().startswith("\x1b[1mStarting\x1b[0m\n\x1b[2m  Redis")


def test_once_tells_that_everything_arrived() -> None:
    stream = io.StringIO()
    assert run_demo(once=True, port=0, stream=stream) == 0
    assert stream.getvalue().splitlines()[-1].startswith("Everything arrived, each once")


class GivenUpAfterTheMails(Tally):
    """Time is up as soon as all mails are there."""

    class _TimeIsUp(asyncio.Event):
        async def wait(self) -> Literal[True]:
            await super().wait()
            raise TimeoutError

    def __init__(self, samples: Iterable[ExpectedEvent]) -> None:
        super().__init__(samples)
        self.completed = self._TimeIsUp()
        self._missing = {
            name for name, d in self._expected.items() if d.destination.transport is Transport.EMAIL
        }


def test_messages_that_do_not_arrive_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_slack(**options: Any) -> LocalSlack:
        api = LocalSlack(**options)
        api.plan_faults("chat.postMessage", [HttpFault.error("channel_not_found")] * 20)
        return api

    monkeypatch.setattr(stage, "LocalSlack", broken_slack)
    monkeypatch.setattr(once, "Tally", GivenUpAfterTheMails)
    stream = io.StringIO()
    assert run_demo(once=True, port=0, stream=stream) == 1
    lines = stream.getvalue().splitlines()
    assert "Not everything arrived within 30 s." in lines
    assert "  search.completed to slack:C0RECRUIT did not arrive" in lines
    assert "  The worker last wrote:" in lines
    assert not any("to email:" in line for line in lines)


def test_an_event_that_is_not_handled_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(*given: Any) -> list[ExpectedEvent]:
        [sample] = [s for s in samples_of(*given) if s.event.type == "profile.enriched"]
        body = sample.body.replace(b'"profileId"', b'"nothing"')
        return [replace(sample, body=body)]

    monkeypatch.setattr(once, "samples_of", spoiled)
    stream = io.StringIO()
    assert run_demo(once=True, port=0, stream=stream) == 1
    lines = stream.getvalue().splitlines()
    assert "  profile.enriched was left dead" in lines
    assert "  profile.enriched left no record of profile prof_2x9d4w" in lines


def failure() -> str:
    stream = io.StringIO()
    assert run_demo(once=True, port=0, stream=stream) == 1
    return stream.getvalue()


def test_a_webhook_that_is_refused_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "sign", lambda body, secret: "sha256=wrong")
    said = failure()
    assert 'the webhook answered 401: {"error":"Invalid signature"}' in said


def test_a_bot_that_does_not_get_ready_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_START_SECONDS", 0.01)
    assert "the bot was not ready within 0.01 s: it cannot be reached" in failure()


def test_a_bot_that_does_not_start_is_told_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = stage._environment
    empty = {"SLACK_CHANNEL": "", "EMAIL_TO": ""}
    monkeypatch.setattr(stage, "_environment", lambda *given: {**whole(*given), **empty})
    said = failure()
    assert "process ended with 2; it last wrote:" in said
    assert "SLACK_CHANNEL or EMAIL_TO is missing: nobody would be told" in said


def test_a_machine_without_redis_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert failure().splitlines() == [
        "Starting",
        (
            "no redis-server found: install one (apt-get install redis-server, brew install redis)"
            " so that it is on the PATH"
        ),
    ]
