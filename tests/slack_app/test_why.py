"""`/juicebox why`: what became of a message, by which rule, and for the asker's places only."""

from dataclasses import replace
from datetime import time

import httpx
from redis.asyncio import Redis

from bot.fakes.faults import HttpFault, SmtpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation, Profile
from bot.fakes.smtp import Inbox
from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import Mute
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.own_places import sight_of
from bot.store import Store
from tests.factories import MAIL, NOW, SLACK, make_event, seconds
from tests.slack_app.asking import ALERTS, DIRECT, ME, OPERATOR, choose, here, lines, of_place, rule
from tests.slack_app.conftest import Come
from tests.slack_app.stored import AT_14_30, AT_14_32, SEARCH
from tests.stored_events import rewrite

FOUND = make_event(data=SEARCH)
SENT = f"✅ Sent {AT_14_30}."
DEFAULT = "It comes here by your team's default."


async def test_it_came_by_the_teams_default(http: httpx.AsyncClient, come: Come) -> None:
    await come(FOUND)
    assert await here(http) == [SENT, DEFAULT]
    assert await of_place(http, "Your email", "evt_1") == [SENT, DEFAULT]
    others = "Your direct messages: no subscription. To get such messages there, too:"
    assert f"{others} `/juicebox subscribe search me`" in await lines(http, "why evt_1")


async def test_operators_are_told_the_setting(http: httpx.AsyncClient, come: Come) -> None:
    await come(make_event("evt_q", "quota.warning", data={"usage": 95, "limit": 100}))
    assert await here(http, "evt_q", channel_id="C0ALERTS") == [
        SENT,
        "It comes here by the setting `SLACK_ALERT_CHANNEL`.",
    ]


async def test_it_came_by_a_subscription(http: httpx.AsyncClient, store: Store, come: Come) -> None:
    await choose(store, ALERTS, subscriptions=(rule("search.completed"),))
    await come(FOUND)
    subscribed = "<!date^1768487340^{date_short_pretty} at {time}|15 Jan 2026, 14:29 UTC>"
    assert await here(http, channel_id="C0ALERTS") == [
        SENT,
        f"It comes here because <@U0OPERATOR> subscribed to it, {subscribed}.",
    ]
    mine = await here(http, channel_id="C0ALERTS", user_id=OPERATOR)
    assert mine[1].startswith("It comes here because you subscribed to it")


async def test_it_was_muted(http: httpx.AsyncClient, store: Store, come: Come) -> None:
    until = NOW + seconds(120)
    await choose(store, SLACK, mutes=(Mute(NOW, until, OPERATOR),))
    await choose(store, MAIL, mutes=(Mute(NOW, None, OPERATOR),))
    await come(FOUND)
    muted = f"🔕 Not sent: it was muted until {AT_14_32}. `/juicebox unmute` ends that."
    assert await here(http) == [muted, DEFAULT]
    [line, _] = await of_place(http, "Your email", "evt_1")
    assert line == (
        "🔕 Not sent: it was muted until somebody unmutes it. `/juicebox unmute email` ends that."
    )


async def test_it_is_held_in_quiet_hours(http: httpx.AsyncClient, store: Store, come: Come) -> None:
    quiet = QuietHours(time(14), time(14, 32))
    await choose(store, ME, subscriptions=(rule("search.completed"),), quiet=quiet)
    await come(FOUND)
    [line, _] = await of_place(http, "Your direct messages", "evt_1", **DIRECT)
    assert line == f"🌙 Held until {AT_14_32}: it is quiet here until then."


async def test_slack_refused_it(http: httpx.AsyncClient, come: Come, slack_api: LocalSlack) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.error("not_in_channel")])
    await come(FOUND)
    refused = "I am not in that channel: `/invite @Juicebox` lets me in."
    assert await here(http) == [f"❌ It could not be sent on {AT_14_30}: {refused}", DEFAULT]


async def test_operators_also_see_slacks_own_words(
    http: httpx.AsyncClient, come: Come, slack_api: LocalSlack
) -> None:
    faults = [HttpFault.error("restricted_action")]
    slack_api.plan_faults("chat.postMessage", faults)
    await come(make_event("evt_q", "quota.warning", data={"usage": 95, "limit": 100}))
    [line, _] = await here(http, "evt_q", channel_id="C0ALERTS")
    assert "I am not allowed to post there: `restricted_action: the workspace's rules" in line


async def test_the_mail_server_refused_it(
    http: httpx.AsyncClient, come: Come, inbox: Inbox
) -> None:
    inbox.plan_faults("DATA", [SmtpFault.reply_with(550, "5.1.1 no such mailbox")])
    await come(FOUND)
    [line, rule_line] = await of_place(http, "Your email", "evt_1")
    refused = "the mail server refused it."
    assert (line, rule_line) == (f"❌ It could not be sent on {AT_14_30}: {refused}", DEFAULT)


async def test_it_is_retried(http: httpx.AsyncClient, slack_api: LocalSlack, come: Come) -> None:
    slack_api.plan_faults("chat.postMessage", [HttpFault.status(503)])
    await come(FOUND)
    [line, _] = await here(http)
    assert line.startswith("🔁 Not sent yet: Slack did not take it. I try again <!date^")
    assert line.endswith("It may have arrived anyway.")


async def test_nothing_is_told_of_places_that_are_not_the_askers(
    http: httpx.AsyncClient, store: Store, come: Come, slack_api: LocalSlack
) -> None:
    """A private channel, another person and an address have got it, too."""
    slack_api.workspace.add(Conversation("C0SECRET", "secret", is_private=True))
    others = (
        Destination(Transport.SLACK, "C0SECRET"),
        Destination(Transport.SLACK, OPERATOR),
        Destination(Transport.EMAIL, "boss@example.com"),
    )
    for to in others:
        await choose(store, to, subscriptions=(rule("search.completed"),))
    await come(FOUND)
    assert {post.channel for post in slack_api.posts} == {"C0RECRUIT", "C0SECRET", "D0OPERATOR"}
    for changes in ({}, DIRECT):
        shown = "\n".join(await lines(http, "why evt_1", **changes))
        for hidden in ("C0SECRET", "secret", OPERATOR, "boss"):
            assert hidden not in shown
    assert await here(http, channel_id="C0SECRET") != []


async def test_a_guest_sees_their_own_places(
    http: httpx.AsyncClient, come: Come, slack_api: LocalSlack
) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(is_guest=True)
    await come(FOUND)
    assert await here(http) == [SENT, DEFAULT]
    assert not any("email" in line for line in await lines(http, "why evt_1"))


async def test_slack_that_does_not_say_who_asks_hides_mails_only(
    http: httpx.AsyncClient, come: Come, slack_api: LocalSlack
) -> None:
    await come(FOUND)
    slack_api.plan_faults("users.info", [HttpFault.hang()])
    assert await here(http) == [SENT, DEFAULT]


async def test_words_are_enough(http: httpx.AsyncClient, come: Come) -> None:
    await come(FOUND)
    assert await here(http, "rust ENGINEER") == [SENT, DEFAULT]
    await come(make_event("evt_2", data=SEARCH))
    shown = await lines(http, "why rust engineer")
    assert shown[0] == "`rust engineer` can be one of 2 events. Choose one by its id:"
    assert [line for line in shown if line.startswith("`/juicebox why")] == [
        "`/juicebox why evt_2`",
        "`/juicebox why evt_1`",
    ]


async def test_an_unreadable_event_is_reported(
    http: httpx.AsyncClient, redis: Redis, come: Come
) -> None:
    await come(FOUND)
    await rewrite(redis, "event", state="<!channel>")
    [first, *_] = await lines(http, "why evt_1")
    assert "can't be read" in first


async def test_hostile_values_can_neither_ping_nor_break_the_answer(
    http: httpx.AsyncClient, store: Store, redis: Redis, come: Come
) -> None:
    hostile = "<!channel> <@U1> `*_\n• " + "x" * 5000
    await choose(store, ALERTS, subscriptions=(rule("search.completed", query=hostile),))
    await come(make_event(data=SEARCH | {"query": hostile + "y"}))
    await choose(store, ALERTS, subscriptions=(rule("search.completed", query="z " + hostile),))
    stored = await store.events.get("evt_1")
    assert stored is not None
    for delivery in stored.deliveries:
        await rewrite(redis, delivery.id, rule="subscription:<!here>:99999999999999", state="sent")
    for channel in ("C0RECRUIT", "C0ALERTS"):
        shown = "\n".join(await lines(http, "why evt_1", channel_id=channel))
        assert shown.count("<") == shown.count("<!date^")


async def test_a_channel_that_the_settings_name_is_known_by_its_id(
    context: AppContext,
) -> None:
    """Slack's requests have ids, and `SLACK_CHANNEL` may be a name."""
    named = Destination(Transport.SLACK, "#recruiting")
    renamed = replace(context, audiences={next(iter(context.audiences)): (named,)})
    [channel, _, _] = (await sight_of(renamed, Asker("U0RECRUITER", "C0RECRUIT"))).places
    assert channel.spellings == {named, SLACK}
