"""What people have chosen, for tests of its backup."""

import json
from datetime import UTC, datetime, time
from pathlib import Path

from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from bot.store import Store

MADE_AT = datetime(2026, 1, 15, 14, 30, 0, 123_000, tzinfo=UTC)
LATER = datetime(2126, 1, 16, 9, tzinfo=UTC)
CHANNEL = Destination(Transport.SLACK, "C0RECRUIT")
PERSON = Destination(Transport.SLACK, "U0RECRUITER")
MAIL = Destination(Transport.EMAIL, "recruiter@example.com")
CHOSEN = {
    CHANNEL: Place(
        subscriptions=(
            Subscription(("search.completed",), "U1", MADE_AT, query="backend berlin", minimum=100),
            Subscription(("*",), "U2", MADE_AT, excluded=("key.rotated",)),
        ),
        unsubscribed=("export.ready",),
        mutes=(Mute(MADE_AT, LATER, "U1"), Mute(MADE_AT, None, "U2", ("profile.*",))),
    ),
    PERSON: Place(
        subscriptions=(
            Subscription(
                ("*",),
                "U0RECRUITER",
                MADE_AT,
                follows="search:srch_1",
                applied_at=datetime(2100, 1, 1, tzinfo=UTC),
            ),
        ),
        mutes=(Mute(MADE_AT, LATER, "U0RECRUITER", thread="export:exp_1"),),
        quiet=QuietHours(time(19), time(8, 30), weekends=True),
        zone="Europe/Berlin",
        owner="U0RECRUITER",
        paused="the channel is archived",
    ),
    MAIL: Place(unsubscribed=("*",)),
}


async def choose(store: Store, places: dict[Destination, Place]) -> None:
    for to, place in places.items():
        await store.places.edit(to, lambda _, place=place: place, MADE_AT)


def file_with(tmp_path: Path, content: object) -> str:
    path = tmp_path / "backup.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)
