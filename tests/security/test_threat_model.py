"""SECURITY.md lists the keys and settings that exist."""

import re
from pathlib import Path

import pytest

from bot.registry import load_registry
from bot.settings import Settings
from bot.store import keys
from bot.store.queue import HEARTBEAT, JOB_KEY, JOB_KEYS
from tests.factories import NOW

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / ".github" / "SECURITY.md").read_text()
KEYS = {
    *(keys.LOG, keys.DEAD, keys.COUNTERS, keys.RETENTIONS, keys.RECONCILED),
    *(keys.event("<id>"), keys.record("<kind>", "<id>"), keys.smtp_slots("<host>", "<port>")),
    *(keys.PLACES, keys.PLACES_VERSION, keys.waiting("<destination>")),
    keys.greeting("<event id>"),
    keys.accepted_in(NOW).replace(f"{NOW:%Y-%m-%dT%H}", "<hour>"),
}
CACHED_KEYS = {subject.cached_key_of("<id>") for subject in load_registry().subjects}
"""What handlers declare."""
QUEUE_KEYS = {*JOB_KEYS, HEARTBEAT, f"{JOB_KEY}<id>"}
"""The keys that bot/store/queue.py defines."""
TABLE = MODEL.partition("| key |")[2].partition("\n\n")[0]


def test_the_listed_keys_are_the_keys_of_the_store() -> None:
    first_cells = re.findall(r"^\| (.*?) \|", TABLE, re.MULTILINE)
    assert set(re.findall(r"`([^`]+)`", "\n".join(first_cells))) == KEYS | CACHED_KEYS | QUEUE_KEYS


def test_every_kind_of_key_is_listed() -> None:
    """A new function or constant of bot/store/keys.py must be added to KEYS and to the table."""
    source = (ROOT / "bot" / "store" / "keys.py").read_text()
    names = re.findall(r"^(?:def ([a-z_]+)|([A-Z][A-Z_]+) =)", source, re.MULTILINE)
    assert len(names) == len(KEYS)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z][A-Z_]+)[`=]", MODEL))))
def test_every_listed_setting_exists(name: str) -> None:
    assert name.lower() in Settings.model_fields
