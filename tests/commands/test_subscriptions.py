"""`subscriptions` lists what people have chosen, and is the backup of it."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.commands import places_json
from bot.commands.places_json import places_from_json, places_to_json
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from bot.store import Store
from tests.commands.chosen import CHANNEL, CHOSEN, MAIL, PERSON, choose, file_with
from tests.commands.conftest import Cli

CONFIGURATION = Path(__file__).parents[2] / ".github" / "CONFIGURATION.md"
pytestmark = pytest.mark.usefixtures("configured")

BACKUP = """\
{
  "version": 1,
  "places": [
    {
      "place": "email:recruiter@example.com",
      "unsubscribed": [
        "*"
      ]
    },
    {
      "place": "slack:U0RECRUITER",
      "quiet": {
        "start": "19:00:00",
        "end": "08:30:00",
        "weekends": true
      },
      "zone": "Europe/Berlin",
      "owner": "U0RECRUITER"
    }
  ]
}
"""


async def test_it_lists_every_choice_in_words(cli: Cli, store: Store) -> None:
    await choose(store, CHOSEN)
    result = await cli("subscriptions")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "email:recruiter@example.com",
        "  unsubscribed from what the settings give it: everything",
        "slack:C0RECRUIT",
        (
            '  1. search.completed with "backend berlin" in the search and 100 or more results or'
            " records (by U1 on 2026-01-15)"
        ),
        "  2. everything except key.rotated (by U2 on 2026-01-15)",
        "  unsubscribed from what the settings give it: export.ready",
        "  muted until 2126-01-16 09:00 UTC: everything (by U1 on 2026-01-15)",
        "  muted until it is unmuted: profile.* (by U2 on 2026-01-15)",
        "slack:U0RECRUITER",
        "  paused: the channel is archived",
        "  1. follows search:srch_1 (by U0RECRUITER on 2026-01-15)",
        "  muted until 2126-01-16 09:00 UTC: export:exp_1 (by U0RECRUITER on 2026-01-15)",
        "  quiet from 19:00 to 08:30, and all weekend (Europe/Berlin)",
    ]


async def test_it_says_if_nobody_has_chosen_anything(cli: Cli, redis: Redis) -> None:
    result = await cli("subscriptions")
    assert "everybody gets what the settings say" in result.output
    assert json.loads((await cli("subscriptions", "--export")).output) == {
        "version": 1,
        "places": [],
    }


async def test_a_backup_restores_everything(
    cli: Cli, store: Store, redis: Redis, tmp_path: Path
) -> None:
    await choose(store, CHOSEN)
    exported = (await cli("subscriptions", "--export")).output
    await redis.flushall()
    result = await cli("subscriptions", "--import", file_with(tmp_path, exported))
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "email:recruiter@example.com: added",
        "slack:C0RECRUIT: added",
        "slack:U0RECRUITER: added",
        "Imported: 3 changed, 0 as they were.",
    ]
    assert await store.places.all() == CHOSEN
    again = await cli("subscriptions", "--import", file_with(tmp_path, exported))
    assert again.output == "Imported: 0 changed, 3 as they were.\n"
    assert (await cli("subscriptions", "--export")).output == exported


async def test_places_that_are_not_in_the_file_stay(cli: Cli, store: Store, tmp_path: Path) -> None:
    await choose(store, CHOSEN)
    backup = {
        "version": 1,
        "places": [{"place": str(CHANNEL), "unsubscribed": ["*"]}, {"place": str(MAIL)}],
    }
    result = await cli("subscriptions", "--import", file_with(tmp_path, backup))
    assert result.output.splitlines()[:2] == ["slack:C0RECRUIT: changed", f"{MAIL}: reset"]
    assert await store.places.all() == {
        CHANNEL: Place(unsubscribed=("*",)),
        PERSON: CHOSEN[PERSON],
    }


def test_the_form_is_stable() -> None:
    """A release reads the backups of every release before it."""
    places = places_from_json(BACKUP)
    assert places_to_json(places) == BACKUP
    assert places == {
        MAIL: Place(unsubscribed=("*",)),
        PERSON: Place(quiet=CHOSEN[PERSON].quiet, zone="Europe/Berlin", owner="U0RECRUITER"),
    }


def test_the_documented_form_is_the_real_one() -> None:
    document = CONFIGURATION.read_text().partition("## Subscriptions\n")[2]
    [example] = re.findall(r"^```json\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    places = places_from_json(example)
    assert {str(to) for to in places} == {"slack:C012AB3CD", "slack:U012AB3CD"}
    assert places_from_json(places_to_json(places)) == places
    rows = "\n".join(re.findall(r"^\| (.*?) \|", document, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) == {*places_json._Place.model_fields}


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (Subscription, places_json._Subscription),
        (Mute, places_json._Mute),
        (QuietHours, places_json._Quiet),
        (Place, places_json._Place),
    ],
)
def test_nothing_is_missing_from_a_backup(kind: Any, part: Any) -> None:
    assert {field.name for field in fields(kind)} == {*part.model_fields} - {"place"}


async def test_reset_makes_a_place_as_the_settings_have_it(cli: Cli, store: Store) -> None:
    await choose(store, CHOSEN)
    result = await cli("subscriptions", "--reset", str(MAIL))
    assert result.output == f"{MAIL}: reset; it gets what the settings say.\n"
    assert await store.places.all() == {CHANNEL: CHOSEN[CHANNEL], PERSON: CHOSEN[PERSON]}
    result = await cli("subscriptions", "--reset", str(MAIL))
    assert (result.exit_code, f"nothing was chosen for {MAIL}" in result.output) == (1, True)
    result = await cli("subscriptions", "--reset", "fax:1")
    assert (result.exit_code, "begins with slack: or email:" in result.output) == (2, True)


async def test_only_one_of_the_options_can_be_given(cli: Cli) -> None:
    result = await cli("subscriptions", "--export", "--reset", str(MAIL))
    assert (result.exit_code, "choose one of" in result.output) == (2, True)


async def test_a_place_that_is_not_readable_is_named_and_can_be_reset(
    cli: Cli, store: Store, redis: Redis
) -> None:
    await choose(store, {MAIL: CHOSEN[MAIL]})
    await redis.hset("juicebox:places", str(CHANNEL), "{")
    for option in ((), ("--export",)):
        result = await cli("subscriptions", *option)
        assert result.exit_code == 1
        assert str(MAIL) in result.stdout
        assert f"not readable in Redis, and left out: {CHANNEL}" in result.stderr
    assert json.loads((await cli("subscriptions", "--export")).stdout)["places"]
    assert (await cli("subscriptions", "--reset", str(CHANNEL))).exit_code == 0
    assert (await cli("subscriptions")).exit_code == 0


async def test_what_redis_holds_is_exported_even_if_it_is_not_valid(cli: Cli, store: Store) -> None:
    await choose(store, {CHANNEL: Place(unsubscribed=("x" * 2_000,), zone="Mars/Base")})
    result = await cli("subscriptions", "--export")
    assert result.exit_code == 0
    [exported] = json.loads(result.stdout)["places"]
    assert (exported["unsubscribed"], exported["zone"]) == (["x" * 2_000], "Mars/Base")
