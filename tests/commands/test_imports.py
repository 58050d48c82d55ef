"""Each process imports what it needs, which saves memory and time at its start."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("process", "unused"),
    [
        ("worker", {"fastapi", "uvicorn", "slack_bolt", "prometheus_client", "aiosmtpd"}),
        ("web", {"aiosmtpd", "bot.playground", "bot.worker.loop"}),
    ],
)
def test_a_process_does_not_import_what_it_does_not_use(process: str, unused: set[str]) -> None:
    script = f"import sys, bot.__main__, bot.commands.{process}; print(*sys.modules)"
    ran = subprocess.run(  # noqa: S603  # a fixed command line
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not unused & {*ran.stdout.split()}
