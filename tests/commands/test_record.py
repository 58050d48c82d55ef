"""`record` shows a record."""

import json

import pytest

from bot.model import Record
from bot.store import Store
from tests.commands.conftest import Cli
from tests.stored_events import accept, keep

pytestmark = pytest.mark.usefixtures("configured")


async def test_a_record_is_shown_as_json(cli: Cli, store: Store) -> None:
    await accept(store)
    await keep(store, Record("profile", "prof_1", {"fields": ["\x1b[2Jemail"]}))
    result = await cli("record", "profile", "prof_1")
    assert json.loads(result.output) == {
        "kind": "profile",
        "id": "prof_1",
        "at": "2026-01-15T14:30:00+00:00",
        "fields": {"fields": ["\x1b[2Jemail"]},
    }
    assert "\x1b" not in result.output


async def test_a_record_that_is_not_kept_is_an_error(cli: Cli, store: Store) -> None:
    result = await cli("record", "export", "exp_1")
    assert result.exit_code == 1
    assert result.output == "juicebox-bot: there is no record of export exp_1\n"
