"""What SECURITY.md names is there: tests, keys, settings, commands."""

import re
from pathlib import Path

import pytest

from bot import commands
from bot.settings import Settings
from bot.store import keys
from bot.store.queue import HEARTBEAT, JOB_KEY, LEASE_KEY, QUEUE

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / ".github" / "SECURITY.md").read_text()
KEYS = {
    *(keys.LOG, keys.TYPES, keys.DEAD, keys.COUNTERS, keys.RETENTIONS),
    *(keys.UNFINISHED, keys.RECONCILED),
    *(keys.event("<id>"), keys.trail("<id>"), keys.deliveries("<id>"), keys.delivery("<id>")),
    *(keys.log_of("<type>"), keys.record("<kind>", "<id>"), keys.cached_copy("profile", "<id>")),
    keys.smtp_slots("<host>", "<port>"),
}
QUEUE_KEYS = {QUEUE, HEARTBEAT, f"{JOB_KEY}<id>", f"{LEASE_KEY}<id>"}
"""What bot/store/queue.py names."""
TABLE = MODEL.partition("| key |")[2].partition("\n\n")[0]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", MODEL))))
def test_every_test_behind_a_claim_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_keys_that_are_listed_are_those_of_the_store() -> None:
    first_cells = re.findall(r"^\| (.*?) \|", TABLE, re.MULTILINE)
    assert set(re.findall(r"`([^`]+)`", "\n".join(first_cells))) == KEYS | QUEUE_KEYS


def test_every_kind_of_key_that_the_store_has_is_listed() -> None:
    """A new function or constant of bot/store/keys.py belongs into KEYS, and into the table."""
    source = (ROOT / "bot" / "store" / "keys.py").read_text()
    names = re.findall(r"^(?:def ([a-z_]+)|([A-Z]+) =)", source, re.MULTILINE)
    assert len(names) == len(KEYS)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z][A-Z_]+)[`=]", MODEL))))
def test_every_setting_in_it_exists(name: str) -> None:
    assert name.lower() in Settings.model_fields


@pytest.mark.parametrize("name", re.findall(r"python -m bot (\w+)", MODEL))
def test_every_command_in_it_exists(name: str) -> None:
    assert name in commands._NAMES


def test_readme_leads_to_it() -> None:
    assert "](.github/SECURITY.md)" in (ROOT / "README.md").read_text()
