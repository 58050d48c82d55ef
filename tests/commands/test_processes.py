"""`web` and `worker` as real processes that SIGTERM stops."""

import signal

import pytest

from bot.fakes.redis_server import free_port
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.store import Store
from tests.commands.conftest import Cli, bare_environment
from tests.commands.processes import answer, started


async def test_web_accepts_uvicorns_options_and_keeps_our_logs(
    environment: dict[str, str], store: Store
) -> None:
    port = free_port()
    environment["PORT"] = "1"
    options = ("--host", "127.0.0.1", "--port", str(port), "--timeout-keep-alive", "95")
    more = ("--timeout-graceful-shutdown", "20", "--proxy-headers", "--use-colors")
    async with started(environment, "web", *options, *more) as web:
        line = await web.until(lambda line: "Uvicorn running" in line)
        assert f'level=info event="Uvicorn running on http://127.0.0.1:{port} ' in line
        status, headers = await answer(f"http://127.0.0.1:{port}/healthz?secret=canary")
        assert status == 200
        assert "server" not in headers
        assert await web.end() == -signal.SIGTERM
    assert 'event="Application shutdown complete."' in "".join(web.lines)
    assert all(line.startswith("timestamp=") for line in web.lines)
    assert "canary" not in "".join(web.lines)


async def test_web_runs_web_concurrency_processes(
    environment: dict[str, str], store: Store, cli: Cli
) -> None:
    port = free_port()
    environment |= {"WEB_CONCURRENCY": "2", "PORT": str(port), "LOG_FORMAT": "json"}
    async with started(environment, "web") as web:
        for _ in range(2):
            await web.until(lambda line: "Application startup complete" in line)
        url = f"http://127.0.0.1:{port}/webhooks/juicebox"
        secret = environment["JUICEBOX_WEBHOOK_SECRET"]
        sent = await cli("send", "search.completed", "--url", url, "--secret", secret)
        assert sent.output.endswith('-> 200 {"received":true}\n')
        assert await web.end() == 0
    assert all(line.startswith("{") for line in web.lines)


async def test_worker_sends_what_web_accepted(
    environment: dict[str, str], store: Store, slack_api: LocalSlack, inbox: Inbox, cli: Cli
) -> None:
    port = free_port()
    environment["PORT"] = str(port)
    async with started(environment, "web") as web, started(environment, "worker") as worker:
        await web.until(lambda line: "Uvicorn running" in line)
        url = f"http://127.0.0.1:{port}/webhooks/juicebox"
        secret = environment["JUICEBOX_WEBHOOK_SECRET"]
        await cli("send", "search.completed", "--url", url, "--secret", secret, "--id", "evt_1")
        await slack_api.wait_for(1)
        await inbox.wait_for(1)
        assert await worker.end() == 0
        assert await web.end() == -signal.SIGTERM
    assert all(line.startswith("timestamp=") for line in web.lines + worker.lines)
    assert "recruiter@example.com" not in "".join(worker.lines)


@pytest.mark.parametrize("command", ["web", "worker", "all"])
async def test_without_settings_there_is_one_line_and_no_traceback(command: str) -> None:
    async with started(bare_environment(), command) as process:
        assert await process.running.wait() == 2
        await process.end()
    assert process.lines == [
        (
            "python -m bot: JUICEBOX_WEBHOOK_SECRET is missing;"
            " SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or SMTP_URL and EMAIL_FROM, are missing:"
            " nothing could be sent\n"
        )
    ]


async def test_an_option_that_uvicorn_does_not_know_is_refused(
    environment: dict[str, str],
) -> None:
    async with started(environment, "web", "--nonsense") as process:
        assert await process.running.wait() == 2
        await process.end()
    assert process.lines[0] == "Usage: python -m bot web [OPTIONS] [UVICORN_OPTIONS]...\n"
    assert process.lines[-1] == "Error: uvicorn says: No such option '--nonsense'.\n"
