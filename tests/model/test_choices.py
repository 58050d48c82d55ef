"""What changes about a place with each choice."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from bot.model import choices
from bot.model.schedule import QuietHours
from bot.model.subscription import Facts, Mute, Place, Subscription
from tests.factories import NOW, seconds

SEARCH = Subscription(("search.completed",), "U1", NOW)
EXPORT = Subscription(("export.ready",), "U2", NOW)
ALL = Subscription(("*",), "U1", NOW)
LARGE = replace(SEARCH, minimum=100)
FOLLOWED = Subscription(("*",), "U1", NOW, follows="search:srch_1")
DAY = timedelta(days=1)
MONTH = timedelta(days=30)


def test_a_rule_is_added_after_the_others() -> None:
    place = choices.subscribe(Place(subscriptions=(EXPORT,)), SEARCH)
    assert place == Place(subscriptions=(EXPORT, SEARCH))


def test_a_rule_replaces_one_that_gives_the_same() -> None:
    newer = replace(LARGE, made_by="U2", made_at=NOW + seconds(1))
    place = Place(subscriptions=(LARGE, SEARCH))
    assert choices.subscribe(place, newer).subscriptions == (SEARCH, newer)
    words = replace(SEARCH, query="Berlin")
    place = choices.subscribe(Place(subscriptions=(words,)), replace(words, query="BERLIN"))
    assert [rule.query for rule in place.subscriptions] == ["BERLIN"]


def test_order_of_types_makes_no_other_rule() -> None:
    both = Subscription(("search.completed", "export.ready"), "U1", NOW)
    turned = replace(both, types=both.types[::-1])
    assert choices.subscribe(Place(subscriptions=(both,)), turned).subscriptions == (turned,)


def test_subscribing_takes_back_an_unsubscription_unless_it_is_filtered() -> None:
    place = Place(unsubscribed=("search.completed", "export.ready"))
    assert choices.subscribe(place, SEARCH).unsubscribed == ("export.ready",)
    assert choices.subscribe(place, ALL).unsubscribed == ()
    assert choices.subscribe(place, LARGE).unsubscribed == place.unsubscribed
    assert choices.follow(place, "search:srch_1", "U1", NOW).unsubscribed == place.unsubscribed


def test_subscribing_resumes_a_place() -> None:
    assert choices.subscribe(Place(paused="archived"), SEARCH).paused == ""


def test_unsubscribing_removes_rules_and_overrides_the_settings() -> None:
    place = Place(subscriptions=(SEARCH, LARGE, EXPORT))
    left = choices.unsubscribe(place, ["search.completed"], from_settings=True)
    assert left == Place(subscriptions=(EXPORT,), unsubscribed=("search.completed",))
    own = choices.unsubscribe(place, ["search.completed"], from_settings=False)
    assert own == Place(subscriptions=(EXPORT,))


def test_an_unsubscription_is_kept_once() -> None:
    place = Place(unsubscribed=("search.completed", "export.ready"))
    again = choices.unsubscribe(place, ["search.*"], from_settings=True)
    assert again.unsubscribed == ("export.ready", "search.*")


def test_a_rule_for_everything_leaves_out_what_was_unsubscribed() -> None:
    place = choices.unsubscribe(
        Place(subscriptions=(ALL,)), ["search.completed"], from_settings=False
    )
    [rule] = place.subscriptions
    assert rule.excluded == ("search.completed",)
    assert rule.why_not(Facts("search.completed")) == "type"
    assert rule.why_not(Facts("export.ready")) is None
    again = choices.unsubscribe(place, ["search.completed"], from_settings=False)
    assert again == place
    assert choices.subscribe(again, ALL).subscriptions == (ALL,)


def test_unsubscribing_from_everything_keeps_what_is_followed() -> None:
    place = Place(subscriptions=(FOLLOWED, SEARCH, ALL))
    assert choices.unsubscribe(place, ["*"], from_settings=False).subscriptions == (FOLLOWED,)


def test_a_rule_is_removed_by_its_number() -> None:
    place = Place(subscriptions=(SEARCH, FOLLOWED, EXPORT))
    assert choices.remove_rule(place, 2).subscriptions == (SEARCH, EXPORT)


@pytest.mark.parametrize("number", [0, 4, -1])
def test_there_is_no_rule_with_another_number(number: int) -> None:
    with pytest.raises(IndexError):
        choices.remove_rule(Place(subscriptions=(SEARCH, FOLLOWED, EXPORT)), number)


def test_following_and_unfollowing() -> None:
    place = choices.follow(Place(subscriptions=(SEARCH,)), "search:srch_1", "U1", NOW)
    assert place.subscriptions == (SEARCH, FOLLOWED)
    assert choices.follow(place, "search:srch_1", "U1", NOW) == place
    assert choices.follows(place, "search:srch_1")
    assert not choices.follows(place, "search:srch_2")
    assert choices.unfollow(place, "search:srch_1") == Place(subscriptions=(SEARCH,))


def test_what_is_followed_expires_after_a_silence() -> None:
    place = Place(subscriptions=(FOLLOWED, SEARCH))
    assert choices.unexpired(place, NOW + MONTH, MONTH) is place
    late = NOW + MONTH + seconds(1)
    assert choices.unexpired(place, late, MONTH).subscriptions == (SEARCH,)


def test_what_comes_about_it_keeps_it() -> None:
    other = replace(FOLLOWED, follows="search:srch_2")
    place = Place(subscriptions=(FOLLOWED, other, SEARCH))
    kept = choices.applied(place, {"search:srch_1"}, NOW + DAY)
    assert kept.subscriptions == (replace(FOLLOWED, applied_at=NOW + DAY), other, SEARCH)
    late = NOW + MONTH + seconds(1)
    assert choices.unexpired(kept, late, MONTH).subscriptions == (kept.subscriptions[0], SEARCH)
    assert choices.unexpired(kept, late + DAY, MONTH).subscriptions == (SEARCH,)


def mute(until: datetime | None, *types: str, thread: str = "") -> Mute:
    return Mute(NOW, until, "U1", types or ("*",), thread)


SOON = NOW + seconds(3600)


def test_a_mute_replaces_one_about_the_same() -> None:
    place = Place(mutes=(mute(SOON), mute(SOON, "export.ready")))
    assert choices.mute(place, mute(None), NOW).mutes == (mute(SOON, "export.ready"), mute(None))


def test_mutes_that_have_ended_are_removed() -> None:
    place = Place(mutes=(mute(SOON, "export.ready"), mute(None, thread="search:srch_1")))
    assert choices.mute(place, mute(None), SOON).mutes == (place.mutes[1], mute(None))


@pytest.mark.parametrize(
    ("types", "thread", "left"),
    [
        ((), "", []),
        (("search.completed",), "", [0, 2, 3]),
        (("search.*",), "", [0, 2, 3]),
        (("*",), "", [3]),
        ((), "search:srch_1", [0, 1, 2]),
    ],
)
def test_unmuting(types: tuple[str, ...], thread: str, left: list[int]) -> None:
    mutes = (
        mute(None),
        mute(None, "search.completed"),
        mute(None, "search.completed", "export.ready"),
        mute(None, thread="search:srch_1"),
    )
    place = choices.unmute(Place(mutes=mutes), NOW, types, thread)
    assert place.mutes == tuple(mutes[i] for i in left)


def test_quiet_hours_are_set_with_their_zone_and_ended() -> None:
    night = QuietHours(time(19), time(8))
    place = choices.set_quiet(Place(subscriptions=(SEARCH,)), night, "Europe/Berlin", "U1")
    assert place == Place((SEARCH,), quiet=night, zone="Europe/Berlin", owner="U1")
    assert choices.set_quiet(place, None, "Europe/Berlin", "U1").quiet is None


def test_whose_place_it_is_is_kept_as_long_as_something_is_chosen() -> None:
    place = choices.owned(Place(subscriptions=(SEARCH,)), "U1", "Europe/Berlin")
    assert (place.owner, place.zone) == ("U1", "Europe/Berlin")
    assert choices.owned(place, "U1").zone == "Europe/Berlin"
    assert choices.owned(replace(place, subscriptions=()), "U1", "Europe/Berlin") == Place()
    assert choices.owned(Place(unsubscribed=("*",)), "U1").owner == "U1"
