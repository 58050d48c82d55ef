"""The demo runs the whole bot, ends by itself when asked to, and never leaves anything running."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.demo import stage, terminal
from bot.demo.samples import Sample, samples_of
from bot.demo.slack.api import Fault, LocalSlack
from bot.demo.terminal import run_demo

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, "-m", "bot", "demo"]
PROCESSES = 3


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are still there; Linux tells."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def demo() -> Iterator[subprocess.Popen[str]]:
    """A demo that stays, as soon as it has shown everything; ended in any case."""
    process = subprocess.Popen(DEMO, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command line
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Ctrl-C"):
                break
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_once_shows_every_message_and_mail_and_ends_with_0() -> None:
    # Neither the settings that are lying around nor a proxy have a say in the demo.
    environment = {**os.environ, "RETENTION_DAYS": "nonsense", "HTTPS_PROXY": "http://127.0.0.1:1"}
    done = subprocess.run(  # noqa: S603 - our own command line
        [*DEMO, "--once"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_that_it_started(number: signal.Signals) -> None:
    with demo() as process:
        started = children(process.pid)
        assert len(started) == PROCESSES
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert [pid for pid in started if is_alive(pid)] == []


def test_a_signal_while_it_starts_ends_everything_too() -> None:
    with subprocess.Popen(  # noqa: S603 - our own command line
        DEMO, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Mail server" in line:
                break
        started = children(process.pid)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert rest.splitlines()[-1] == "Stopped."
    assert len(started) >= 1
    assert [pid for pid in started if is_alive(pid)] == []


def test_a_process_that_dies_ends_everything_and_is_told() -> None:
    with demo() as process:
        assert process.stdout is not None
        started = children(process.pid)
        os.kill(started[-1], signal.SIGKILL)
        said = process.stdout.read()
        assert process.wait(timeout=30) == 1
        assert [pid for pid in started if is_alive(pid)] == []
    assert "process was ended by SIGKILL; it last wrote:" in said


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


def test_it_stays_and_tells_how_to_send_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal("Ctrl-C ends everything.")
    assert run_demo(once=False, stream=terminal) == 0
    *_, send, ctrl_c, stopped = terminal.getvalue().splitlines()
    assert re.fullmatch(
        r"  JUICEBOX_WEBHOOK_SECRET=whsec_demo \S*python\S* -m bot send export\.ready"
        r" --url http://127\.0\.0\.1:\d+/webhooks/juicebox",
        send,
    )
    assert (ctrl_c, stopped) == ("Ctrl-C ends everything.", "Stopped.")


def test_once_that_is_stopped_has_not_seen_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal("Mail server")
    assert run_demo(once=True, stream=terminal) == 1
    assert terminal.getvalue().startswith("\x1b[1mStarting\x1b[0m\n\x1b[2m  Redis")


def test_once_tells_that_everything_arrived() -> None:
    stream = io.StringIO()
    assert run_demo(once=True, stream=stream) == 0
    assert stream.getvalue().splitlines()[-1].startswith("Everything arrived, each once")


def test_messages_that_do_not_arrive_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_slack(**options: Any) -> LocalSlack:
        api = LocalSlack(**options)
        api.script("chat.postMessage", [Fault.error("channel_not_found")] * 20)
        return api

    monkeypatch.setattr(stage, "LocalSlack", broken_slack)
    monkeypatch.setattr(terminal, "_ARRIVAL_SECONDS", 1)
    stream = io.StringIO()
    assert run_demo(once=True, stream=stream) == 1
    lines = stream.getvalue().splitlines()
    assert "Not everything arrived within 1 s." in lines
    assert "  search.completed to slack:C0RECRUIT did not arrive" in lines
    assert "  The worker last wrote:" in lines
    assert not any("to email:" in line for line in lines)


def test_an_event_that_is_not_handled_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(*given: Any) -> list[Sample]:
        [sample] = [s for s in samples_of(*given) if s.event.type == "profile.enriched"]
        body = sample.body.replace(b'"profileId"', b'"nothing"')
        return [replace(sample, body=body)]

    monkeypatch.setattr(terminal, "samples_of", spoiled)
    monkeypatch.setattr(terminal, "_ARRIVAL_SECONDS", 1)
    stream = io.StringIO()
    assert run_demo(once=True, stream=stream) == 1
    lines = stream.getvalue().splitlines()
    assert "  profile.enriched was left dead" in lines
    assert "  profile.enriched left no record of profile prof_2x9d4w" in lines


def failure() -> str:
    stream = io.StringIO()
    assert run_demo(once=True, stream=stream) == 1
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
