"""`/juicebox exports`: those that came to the asker, with Download while the link lives."""

from dataclasses import replace
from typing import Any

import httpx

from bot.delivery.notifications import Notifications
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation
from bot.model import Destination, Event, Transport
from bot.registry import load_registry
from bot.slack_app.context import AppContext
from bot.slack_app.exporting import load_exports
from bot.store import Store
from tests.event_fixtures import ELSEWHERE
from tests.factories import NOW, SLACK, make_event, seconds
from tests.slack_app.asking import DIRECT, ME, OPERATOR, answer_to, buttons, choose, lines, rule
from tests.slack_app.conftest import Clock, Come
from tests.slack_app.stored import AT_14_30, AT_14_32
from tests.stored_events import accept

NONE = "*There are no exports to show here.* I list those that came to this channel, or to you."


def export(number: int = 1, **data: Any) -> Event:
    given = {
        "exportId": f"exp_{number}",
        "downloadUrl": f"https://exports.example.com/{number}.csv?signature=x",
        "recordCount": 100 + number,
        "expiresAt": (NOW + seconds(120)).isoformat(),
    }
    return make_event(f"evt_{number}", "export.ready", data=given | data)


async def urls(http: httpx.AsyncClient, **changes: str) -> list[str]:
    found = buttons(await answer_to(http, "exports", **changes))
    assert {button["text"]["text"] for button in found} <= {"Download"}
    assert {button["action_id"] for button in found} <= {"open_link"}
    return [button["url"] for button in found]


async def test_an_export_has_a_download_button_until_its_link_expires(
    http: httpx.AsyncClient, come: Come, clock: Clock
) -> None:
    await come(export())
    assert await lines(http, "exports") == [
        "Recent exports",
        f"*101 records* · ready {AT_14_30}",
        f"The link expires {AT_14_32}",
        "Download",
        "Exports that came here, or to you, among the newest thousand events.",
    ]
    assert await urls(http) == ["https://exports.example.com/1.csv?signature=x"]
    clock.now = NOW + seconds(120)
    assert await urls(http) == []
    expired = "Link expired. Export it again in Juicebox to get a new link."
    assert expired in await lines(http, "exports")


async def test_a_link_to_another_host_is_not_a_button(
    http: httpx.AsyncClient, come: Come, context: AppContext
) -> None:
    """`EXPORT_URL_HOSTS` does not list it."""
    await come(export())
    strict = replace(context, notifications=Notifications(load_registry().get, ELSEWHERE).of_event)
    [found] = await load_exports(strict, frozenset({SLACK}))
    assert (found.url, found.has_expired) == (None, False)


async def test_others_get_a_sentence(http: httpx.AsyncClient, come: Come) -> None:
    await come(export())
    for changes in ({"channel_id": "C0ALERTS"}, {"channel_id": "D0OPERATOR"}):
        [first, *_] = await lines(http, "exports", user_id=OPERATOR, **changes)
        assert first.startswith(NONE)


async def test_those_who_got_it_themselves_see_it_anywhere(
    http: httpx.AsyncClient, come: Come, store: Store, slack_api: LocalSlack
) -> None:
    secret = Destination(Transport.SLACK, "C0SECRET")
    slack_api.workspace.add(Conversation("C0SECRET", "secret", is_private=True))
    mine = replace(ME, address=OPERATOR)
    for to in (secret, mine):
        await choose(store, to, subscriptions=(rule("export.ready", minimum=102),))
    await come(export(1))
    await come(export(2))
    for changes in (
        {"channel_id": "C0SECRET", "user_id": "U0BOSS"},
        {"channel_id": "C0ALERTS", "user_id": OPERATOR},
        {"channel_id": "D0OPERATOR", "user_id": OPERATOR},
    ):
        assert await urls(http, **changes) == ["https://exports.example.com/2.csv?signature=x"]


async def test_those_who_get_the_mail_see_them_in_their_direct_messages(
    http: httpx.AsyncClient, come: Come
) -> None:
    """The recruiter's address is in `EMAIL_TO`."""
    await come(export())
    assert await urls(http, **DIRECT) == ["https://exports.example.com/1.csv?signature=x"]


async def test_the_newest_ten_are_shown_and_each_export_once(
    http: httpx.AsyncClient, store: Store
) -> None:
    for n in range(12):
        await accept(store, export(n), NOW + seconds(n))
    newer = replace(export(11, downloadUrl="https://exports.example.com/new.csv"), id="evt_new")
    await accept(store, newer, NOW + seconds(60))
    assert await urls(http) == [
        "https://exports.example.com/new.csv",
        *(f"https://exports.example.com/{n}.csv?signature=x" for n in range(10, 1, -1)),
    ]


async def test_forgotten_test_and_unreadable_exports_are_left_out(
    http: httpx.AsyncClient, store: Store
) -> None:
    await accept(store, export(1))
    await store.forgetting.forget_event("evt_1", NOW)
    await accept(store, replace(export(2), test=True))
    await accept(store, export(3, downloadUrl="ftp://example.com"))
    [first, *_] = await lines(http, "exports")
    assert first.startswith(NONE)


async def test_hostile_links_stay_within_slacks_limits(
    http: httpx.AsyncClient, store: Store
) -> None:
    for n in range(10):
        await accept(store, export(n, downloadUrl="https://exports.example.com/" + "x" * 4000))
    assert await urls(http) == []
