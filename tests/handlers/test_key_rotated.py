"""The intents of `key.rotated`."""

import pytest

from bot.model import Audience, Notify, Policy
from tests.event_fixtures import captured, intents_of, sent

OLD = "jb_live_3Bd9kk2r8mZq41vT"
NEW = "jb_live_7Qx2pp5w1nYs63hL"


def context_of(prefix: object, api_key: str | None) -> dict[str, object]:
    event = sent("key.rotated", {"newKeyPrefix": prefix})
    [told] = intents_of(event, Policy(api_key=api_key))
    assert isinstance(told, Notify)
    return dict(told.context)


def test_operators_are_told_that_the_bot_holds_the_old_key() -> None:
    assert intents_of(captured("key.rotated"), Policy(api_key=OLD)) == [
        Notify(
            Audience.OPERATORS,
            "key.rotated",
            {"newKeyPrefix": "jb_live_7Qx2", "rotatedAt": 1768487400, "configured": "old"},
            thread="key",
            urgent=True,
        )
    ]


def test_the_time_of_the_rotation_is_preferred_to_that_of_the_event() -> None:
    [told] = intents_of(captured("key.rotated.full"))
    assert isinstance(told, Notify)
    assert told.context["rotatedAt"] == 1768464300


@pytest.mark.parametrize(
    "prefix",
    ["jb_live_7Qx2", "jb_live_7Qx2…", "jb_live_7Qx2...", "jb_live_7Qx2****", "jb_live_•••"],
)
def test_a_masked_prefix_is_compared_without_its_mask(prefix: str) -> None:
    assert context_of(prefix, NEW)["configured"] == "new"


@pytest.mark.parametrize("prefix", ["jb_live_7Qx2", "jb_live_7Qx2…"])
@pytest.mark.parametrize(
    ("api_key", "configured"), [(OLD, "old"), (NEW, "new"), (None, "unset"), ("", "unset")]
)
def test_operators_are_told_which_key_the_bot_holds(
    prefix: str, api_key: str | None, configured: str
) -> None:
    context = context_of(prefix, api_key)
    assert context["configured"] == configured
    assert context["newKeyPrefix"] == "jb_live_7Qx2"


def test_a_prefix_that_is_only_a_mask_leaves_the_key_unknown() -> None:
    context = context_of("****", OLD)
    assert context["configured"] == "unknown"
    assert context["newKeyPrefix"] == "****"


def test_a_whole_key_sent_as_its_prefix_is_not_shown() -> None:
    assert context_of(NEW + "0123456789", NEW)["newKeyPrefix"] == NEW


@pytest.mark.parametrize("api_key", [OLD, NEW])
def test_the_key_that_the_bot_holds_is_not_shown(api_key: str) -> None:
    assert api_key not in str(context_of("jb_live_7Qx2", api_key))
