"""What people have chosen for each destination is kept in Redis."""

import asyncio
from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from bot.store import Store, keys
from bot.store.places import Places, decode_place, encode_place
from tests.factories import NOW, seconds

CHANNEL = Destination(Transport.SLACK, "C0RECRUIT")
PERSON = Destination(Transport.EMAIL, "recruiter@example.com")
FULL = Place(
    subscriptions=(
        Subscription(("search.completed", "export.*"), "U1", NOW, "back end", 0),
        Subscription(("*",), "U2", NOW, follows="search:srch_1"),
    ),
    unsubscribed=("quota.warning",),
    mutes=(Mute(NOW, None, "U1"), Mute(NOW, NOW + seconds(60), "U2", (), "export:exp_1")),
    quiet=QuietHours(time(19, 30), time(8), weekends=True),
    zone="Europe/Berlin",
    owner="U1",
    paused="the channel is archived",
)


@given(
    st.builds(
        Place,
        unsubscribed=st.lists(st.text(max_size=20), max_size=3).map(tuple),
        quiet=st.none()
        | st.lists(
            st.times().map(lambda t: t.replace(second=0, microsecond=0)),
            min_size=2,
            max_size=2,
            unique=True,
        ).map(lambda times: QuietHours(*times)),
        zone=st.sampled_from(["UTC", "Europe/Berlin"]),
        owner=st.text(max_size=20),
    )
)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert decode_place(encode_place(place).encode()) == place


def test_every_choice_is_kept() -> None:
    assert decode_place(encode_place(FULL).encode()) == FULL
    assert encode_place(Place()) == "{}"


async def test_a_change_is_there_for_every_process(store: Store, redis: Redis) -> None:
    await store.places.edit(CHANNEL, lambda _: FULL, NOW)
    other = Store(redis, retention=store.retention)
    assert await other.places.get(CHANNEL) == FULL
    assert await other.places.all() == {CHANNEL: FULL}
    assert await other.places.get(PERSON) == Place()


async def test_changes_at_the_same_time_are_all_kept(store: Store, redis: Redis) -> None:
    def subscribe(number: int, place: Place) -> Place:
        rule = Subscription((f"type.{number}",), "U1", NOW)
        return replace(place, subscriptions=(*place.subscriptions, rule))

    stores = [Store(redis, retention=store.retention) for _ in range(8)]
    await asyncio.gather(
        *(
            one.places.edit(CHANNEL, lambda place, number=number: subscribe(number, place), NOW)  # type: ignore[misc]  # mypy cannot infer the default
            for number, one in enumerate(stores)
        )
    )
    found = (await store.places.get(CHANNEL)).subscriptions
    assert sorted(rule.types[0] for rule in found) == [f"type.{number}" for number in range(8)]


async def test_a_place_without_choices_is_removed(store: Store, redis: Redis) -> None:
    await store.places.edit(CHANNEL, lambda _: FULL, NOW)
    await store.places.edit(CHANNEL, lambda _: Place(), NOW)
    assert await redis.hgetall(keys.PLACES) == {}


async def test_what_was_read_is_kept_until_the_version_changes(store: Store, redis: Redis) -> None:
    await store.places.edit(CHANNEL, lambda _: FULL, NOW)
    reader = Places(redis, store.places._runner, store.retention)
    version = await redis.get(keys.PLACES_VERSION)
    assert await reader.all(version) == {CHANNEL: FULL}
    await redis.delete(keys.PLACES)
    assert await reader.all(version) == {CHANNEL: FULL}
    assert await reader.all(version + b"1") == {}


@pytest.mark.parametrize(
    "row",
    [
        "{",
        "[]",
        '{"subscriptions": [{}]}',
        '{"subscriptions": [{"types": "x", "by": "U1", "at": 1}]}',
        '{"mutes": [{"since": "soon"}]}',
        '{"quiet": [1]}',
        '{"quiet": [1500, 1, true]}',
        '{"quiet": [540, 540, false]}',
        '{"unsubscribed": 1}',
    ],
)
async def test_a_damaged_place_is_left_out_and_can_be_replaced(
    store: Store, redis: Redis, row: str
) -> None:
    await store.places.edit(PERSON, lambda _: FULL, NOW)
    await redis.hset(keys.PLACES, str(CHANNEL), row)  # type: ignore[misc]  # redis-py's types
    await redis.hset(keys.PLACES, "carrier pigeon", "{}")  # type: ignore[misc]  # redis-py's types
    with capture_logs() as logs:
        assert await store.places.all() == {PERSON: FULL}
    assert [line["event"] for line in logs] == ["unreadable place"] * 2
    assert CHANNEL.address not in str(logs)
    assert await store.places.edit(CHANNEL, lambda place: replace(place, owner="U1"), NOW) == Place(
        owner="U1"
    )
    assert (await store.places.get(CHANNEL)).owner == "U1"
