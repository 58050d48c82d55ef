"""A person's own subscriptions, mutes and quiet hours, changed by the controls of the Home tab."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest
import structlog
from slack_bolt.async_app import AsyncApp

from bot.delivery.subscriptions import name_of
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.model import Destination, Transport, choices
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute, Place, Subscription
from bot.store import Store
from tests.factories import NOW, SLACK
from tests.slack_app.stored import open_to
from tests.slack_app.visitor import Visitor, visiting

ME = Destination(Transport.SLACK, "U0RECRUITER")
MY_MAIL = Destination(Transport.EMAIL, "recruiter@example.com")
SOMEBODY = Destination(Transport.SLACK, "U0OPERATOR")
SEARCHES = Subscription(("search.completed",), "U0RECRUITER", NOW, "rust berlin", 100)
NINE_IN_BERLIN = datetime(2026, 1, 16, 8, tzinfo=UTC)


@pytest.fixture
async def visitor(bolt: AsyncApp, slack_api: LocalSlack, store: Store) -> AsyncIterator[Visitor]:
    async with visiting(bolt, slack_api) as person:
        yield person


async def choose(store: Store, to: Destination, place: Place) -> None:
    await store.places.edit(to, lambda _: place, NOW)


async def test_a_subscription_is_added_and_removed(visitor: Visitor, store: Store) -> None:
    assert "You have none of your own" in await visitor.open()
    await visitor.press("home_subscribe")
    await visitor.submit(types=["search.completed"], query="rust berlin", minimum="100")
    assert visitor.modal is None
    [rule] = (await store.places.get(ME)).subscriptions
    assert rule == SEARCHES
    assert "👍 You get this as a direct message now: Search completed. “Remove”" in visitor.text
    line = "*Search completed* · only with “rust berlin” · at least 100 · as a direct message"
    assert line in visitor.text
    text = await visitor.press("home_remove")
    assert (await store.places.get(ME)).subscriptions == ()
    assert "You don't get this any more: Search completed. “Add a subscription” takes" in text
    assert line not in text


async def test_an_email_subscription_belongs_to_the_person_and_gets_the_quiet_hours(
    visitor: Visitor, store: Store
) -> None:
    quiet = QuietHours(time(20), time(7))
    await choose(store, ME, Place(quiet=quiet, zone="Europe/Berlin"))
    await visitor.open()
    await visitor.press("home_subscribe")
    await visitor.submit(types=["*"], where="email")
    place = await store.places.get(MY_MAIL)
    assert (place.owner, place.zone, place.quiet) == ("U0RECRUITER", "Europe/Berlin", quiet)
    assert place.subscriptions[0].types == ("*",)
    assert "*Everything* · by email to recruiter@example.com" in visitor.text
    await visitor.press("home_remove")
    assert (await store.places.get(MY_MAIL)).subscriptions == ()


async def test_followed_searches_have_their_words_and_can_be_unfollowed(
    visitor: Visitor, store: Store
) -> None:
    await open_to(store, "evt_1", SLACK)
    place = choices.follow(Place(), "search:srch_1", "U0RECRUITER", NOW)
    place = choices.follow(place, "export:exp_9", "U0RECRUITER", NOW + timedelta(seconds=1))
    await choose(store, ME, place)
    text = await visitor.open()
    assert "*Search “rust engineer”* · as a direct message" in text
    assert "*Export expˍ9*" in text or "*Export exp_9*" in text
    assert [label for label in visitor.labels if label == "Unfollow"] == ["Unfollow"] * 2
    text = await visitor.press("home_unfollow", nth=0)
    assert "You don't follow this any more" in text
    assert [rule.follows for rule in (await store.places.get(ME)).subscriptions] == ["export:exp_9"]


async def test_a_stale_button_says_so(visitor: Visitor, store: Store) -> None:
    await choose(store, ME, choices.subscribe(Place(), SEARCHES))
    await visitor.open()
    await choose(store, ME, Place())
    assert "⚠️ That is not there any more" in await visitor.press("home_remove")


async def test_nobody_changes_the_subscriptions_of_others(visitor: Visitor, store: Store) -> None:
    """Not even with a button of the same value, which Slack would not send."""
    await choose(store, SOMEBODY, choices.subscribe(Place(), SEARCHES))
    theirs = Place(owner="U0OPERATOR")
    await choose(store, MY_MAIL, choices.subscribe(theirs, SEARCHES))
    await choose(store, ME, choices.subscribe(Place(), SEARCHES))
    text = await visitor.open()
    assert "by email" not in text
    await visitor.press("home_remove")
    assert (await store.places.get(SOMEBODY)).subscriptions
    assert (await store.places.get(MY_MAIL)).subscriptions


@pytest.mark.parametrize(
    ("action", "value", "until"),
    [
        ("home_mute", None, NOW + timedelta(hours=2)),
        ("home_mute_for", "4h", NOW + timedelta(hours=4)),
        ("home_mute_for", "until tomorrow", NINE_IN_BERLIN),
        ("home_mute_for", "until monday", datetime(2026, 1, 19, 8, tzinfo=UTC)),
        ("home_mute_for", "forever", None),
    ],
)
async def test_a_mute_of_some_length_and_its_end(
    visitor: Visitor, store: Store, action: str, value: str | None, until: datetime | None
) -> None:
    """The settings have mail sent to the address of this person, which is muted, too."""
    await visitor.open()
    text = await visitor.press(action, value)
    for to in (ME, MY_MAIL):
        assert (await store.places.get(to)).mutes == (Mute(NOW, until, "U0RECRUITER"),)
    assert "👍 You get no direct messages or mails of your own until" in text
    assert visitor.labels.count("Unmute") == 1
    text = await visitor.press("home_unmute")
    for to in (ME, MY_MAIL):
        assert (await store.places.get(to)).mutes == ()
    assert "You get these messages again." in text
    assert "Unmute" not in visitor.labels


async def test_a_mute_that_lasts_longer_stays(visitor: Visitor, store: Store) -> None:
    forever = Mute(NOW, None, "U0RECRUITER")
    for to in (ME, MY_MAIL):
        await choose(store, to, Place(mutes=(forever,), owner="U0RECRUITER"))
    await visitor.open()
    text = await visitor.press("home_mute")
    assert (
        "Muted already: you get no direct messages or mails of your own until you unmute." in text
    )
    for to in (ME, MY_MAIL):
        assert (await store.places.get(to)).mutes == (forever,)


async def test_unmute_ends_one_of_several(visitor: Visitor, store: Store) -> None:
    one = Mute(NOW, None, "U0RECRUITER", ("search.completed",))
    other = Mute(NOW, None, "U0RECRUITER", ("*",))
    ended = Mute(NOW - timedelta(days=2), NOW - timedelta(days=1), "U0RECRUITER", ("x.y",))
    await choose(store, ME, Place(mutes=(one, other, ended)))
    text = await visitor.open()
    assert "*Muted until you unmute*: Search completed" in text
    assert visitor.labels.count("Unmute") == 2
    await visitor.press("home_unmute", nth=1)
    assert one in (await store.places.get(ME)).mutes
    assert other not in (await store.places.get(ME)).mutes


async def test_quiet_hours_are_set_by_pickers_in_the_persons_zone(
    visitor: Visitor, store: Store
) -> None:
    assert "*Quiet hours* are off." in await visitor.open()
    text = await visitor.press("home_quiet_on")
    assert "Quiet hours are 19:00 to 08:00 now. “Turn off” ends them." in text
    assert "*Quiet hours* 19:00 to 08:00, Europe/Berlin time." in text
    await visitor.press("home_quiet_start", "20:30")
    await visitor.press("home_quiet_end", "07:15")
    text = await visitor.press("home_quiet_weekends", ["weekends"])
    assert "*Quiet hours* 20:30 to 07:15 and all weekend, Europe/Berlin time." in text
    for to in (ME, MY_MAIL):
        place = await store.places.get(to)
        assert place.quiet == QuietHours(time(20, 30), time(7, 15), weekends=True)
        assert (place.zone, place.owner) == ("Europe/Berlin", "U0RECRUITER")
    await visitor.press("home_quiet_weekends", [])
    assert (await store.places.get(ME)).quiet == QuietHours(time(20, 30), time(7, 15))
    assert "Quiet hours are off. “Turn on”" in await visitor.press("home_quiet_off")
    assert (await store.places.get(ME)).quiet is None
    assert (await store.places.get(MY_MAIL)).quiet is None


async def test_quiet_hours_need_two_times(visitor: Visitor, store: Store) -> None:
    await choose(store, ME, Place(quiet=QuietHours(time(19), time(8))))
    await visitor.open()
    assert "⚠️ Quiet hours must start and end at different times." in await visitor.press(
        "home_quiet_start", "08:00"
    )
    assert (await store.places.get(ME)).quiet == QuietHours(time(19), time(8))


async def test_what_was_turned_off_and_what_the_settings_give_is_told(
    visitor: Visitor, store: Store
) -> None:
    place = Place(owner="U0RECRUITER", unsubscribed=("export.ready",))
    await choose(store, MY_MAIL, place)
    text = await visitor.open()
    assert "By the bot's settings you also get what recruiters get, by email to recruiter@" in text
    assert "Turned off: Export ready" in text


async def test_a_change_is_logged_with_who_made_it(visitor: Visitor) -> None:
    await visitor.open()
    with structlog.testing.capture_logs() as logs:
        await visitor.press("home_mute")
    found = [line for line in logs if line["event"] == "subscription changed"]
    assert {(line["by"], line["what"]) for line in found} == {("U0RECRUITER", "mute")}
    assert [line["channel"] for line in found] == ["slack", "email"]


async def test_without_redis_a_press_is_answered(
    visitor: Visitor, redis_process: RedisServer
) -> None:
    await visitor.open()
    redis_process.stop()
    try:
        text = await visitor.press("home_mute")
    finally:
        redis_process.start()
    assert "I can't reach my memory (Redis) right now" in text


async def test_many_subscriptions_and_mutes_are_cut(visitor: Visitor, store: Store) -> None:
    rules = tuple(
        Subscription((f"type.{n}",) * 9, "U0RECRUITER", NOW, "*q* <!here>" * 300) for n in range(80)
    )
    mutes = tuple(Mute(NOW, None, "U0RECRUITER", (f"<t>{n}" * 500,)) for n in range(80))
    await choose(store, ME, Place(rules, mutes=mutes, unsubscribed=("&" * 3000,)))
    text = await visitor.open()
    assert "and 70 more: /juicebox subscriptions lists them" in text
    assert "and 74 more" in text
    assert "<!here>" not in text
    assert len(visitor.view["blocks"]) <= 100
    await visitor.press("home_remove", nth=3)
    kept = (await store.places.get(ME)).subscriptions
    assert len(kept) == 79
    assert rules[3] not in kept
    assert name_of(rules[3]) == name_of(rules[4])
