"""`subscriptions --import` takes a whole valid file, or nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.store import Store
from tests.commands.chosen import CHOSEN, MADE_AT, MAIL, choose, file_with
from tests.commands.conftest import Cli

pytestmark = pytest.mark.usefixtures("configured")


def rule(**values: object) -> dict[str, object]:
    made = {"types": ["*"], "made_by": "U1", "made_at": "2026-01-15T14:30:00Z", **values}
    return {"version": 1, "places": [{"place": "slack:C1", "subscriptions": [made]}]}


def place(**values: object) -> dict[str, object]:
    return {"version": 1, "places": [{"place": "slack:C1", **values}]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "Invalid JSON"),
        ("{", "Invalid JSON"),
        ("[]", "the file: must be an object"),
        ({"places": []}, "version: is missing"),
        ({"version": 2, "places": []}, "version: must be 1, got '2'"),
        (place(place="fax:1"), "places[0].place: must begin with slack: or email:, got 'fax:1'"),
        (place(place="email:nobody"), "places[0].place: 'nobody' is not an email address"),
        (place(place="slack:"), "places[0].place: must be slack: and the id of a channel"),
        (place(muted=True), "places[0].muted: is not known"),
        (place(zone="Mars/Base"), "places[0].zone: is not a time zone such as Europe/Berlin"),
        (place(zone="../etc/passwd"), "places[0].zone: is not a time zone"),
        (place(quiet={"start": "19:00"}), "places[0].quiet.end: is missing"),
        (
            place(quiet={"start": "19:00:01", "end": "8:00"}),
            "places[0].quiet.start: must be a time of day in whole minutes",
        ),
        (
            rule(made_at="yesterday"),
            "places[0].subscriptions[0].made_at: must be a valid datetime",
        ),
        (rule(made_at="2026-01-15T14:30:00"), "places[0].subscriptions[0].made_at: must have"),
        (rule(types=[]), "places[0].subscriptions[0].types: Tuple should have at least 1 item"),
        (rule(made_by=""), "places[0].subscriptions[0].made_by: "),
        (rule(types="*"), "places[0].subscriptions[0].types: must be a valid "),
        (
            rule(minimum=-1),
            "places[0].subscriptions[0].minimum: must be greater than or equal to 0",
        ),
        (
            {"version": 1, "places": [{"place": "slack:C1"}, {"place": "slack:C1"}]},
            "slack:C1 is listed twice",
        ),
    ],
)
async def test_a_file_that_is_not_valid_changes_nothing(
    cli: Cli, store: Store, tmp_path: Path, content: object, problem: str
) -> None:
    await choose(store, CHOSEN)
    result = await cli("subscriptions", "--import", file_with(tmp_path, content))
    assert result.exit_code == 1
    assert problem in result.output
    assert "nothing was imported" in result.output
    assert await store.places.all() == CHOSEN


async def test_one_bad_place_keeps_the_others_out(cli: Cli, store: Store, tmp_path: Path) -> None:
    backup = {"version": 1, "places": [{"place": str(MAIL), "unsubscribed": ["*"]}, {"place": "x"}]}
    result = await cli("subscriptions", "--import", file_with(tmp_path, backup))
    assert result.exit_code == 1
    assert "places[1].place" in result.output
    assert await store.places.all() == {}


async def test_what_waits_for_a_place_is_decided_again_after_an_import(
    store: Store, redis: Redis, cli: Cli, tmp_path: Path
) -> None:
    """The job of the destination runs, as after a change in Slack."""
    await redis.zadd(f"juicebox:waiting:{MAIL}", {"dlv_1 evt_1": 1})
    content = place(
        place=str(MAIL), mutes=[{"since": "2026-01-15T14:30:00Z", "until": None, "made_by": "U1"}]
    )
    await cli("subscriptions", "--import", file_with(tmp_path, content))
    jobs = {raw.decode() for raw in await redis.zrange("juicebox:jobs:queue", 0, -1)}
    assert any(str(MAIL) in job for job in jobs)
    assert (await store.places.get(MAIL)).mutes[0].since - MADE_AT < timedelta(seconds=1)
