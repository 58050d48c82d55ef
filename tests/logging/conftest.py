"""The lines that are logged."""

from collections.abc import Callable

import pytest

from bot.logging.setup import configure_logs

CANARY = "canary-7f3a"
Output = Callable[[], list[str]]


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str], clean_logging: None) -> Output:
    configure_logs("INFO", "logfmt")

    def written() -> list[str]:
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out.splitlines()

    return written
