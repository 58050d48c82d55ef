"""The options of `demo`, and its error where packages are missing."""

import sys

import pytest

from tests.commands.conftest import Cli

MODULES = ("bot.fakes.", "bot.playground.")
"""Imported by other tests, perhaps."""


async def test_missing_packages_are_reported(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(MODULES)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    result = await cli("demo", "--once")
    assert result.exit_code == 2
    assert result.output == (
        "juicebox-bot: the playground needs aiosmtpd.smtp, which requirements-dev.txt installs\n"
    )


async def test_once_and_port_exclude_each_other(cli: Cli) -> None:
    result = await cli("demo", "--once", "--port", "8700")
    assert result.exit_code == 2
    assert "--once serves no page, so --port cannot be used with it" in result.output
