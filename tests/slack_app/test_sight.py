"""What is shown to whom: other people's places and what only they got are for operators."""

from dataclasses import replace

import httpx
import pytest

from bot.fakes.faults import HttpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.workspace import Conversation, Profile
from bot.model import Audience, Destination, Transport
from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.channels import Channels
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.own_places import sight_of
from bot.store import Store
from bot.wiring import slack_rendering
from tests.app import MakeSettings
from tests.factories import MAIL, NOW, SLACK, make_delivery, make_event, seconds
from tests.slack_app.asking import ALERTS, ME, OPERATOR, RECRUITER, choose, lines, rule
from tests.slack_app.pressing import answer, press, using, with_button
from tests.slack_app.stored import AT_14_30, SEARCH, open_to, settle
from tests.slack_app.traffic import SECRET
from tests.slack_app.visitor import run_worker, visiting
from tests.stored_events import accept, dead_letter, handle

SECRET_CHANNEL = Destination(Transport.SLACK, "C0SECRET")
BOSS = Destination(Transport.EMAIL, "boss@example.com")
NAMED = Destination(Transport.SLACK, "#recruiting")
QUERY = str(SEARCH["query"])
FOR_OTHERS = "It was not for you, so I can't say more about it."


def with_audiences(
    context: AppContext, recruiters: Destination, operators: Destination
) -> AppContext:
    audiences = {Audience.RECRUITERS: (recruiters,), Audience.OPERATORS: (operators,)}
    return replace(context, audiences=audiences)


async def reads(context: AppContext, user: str, channel: str) -> bool:
    """Return whether the user is shown everything there."""
    return (await sight_of(context, Asker(user, channel))).reader.is_operator


@pytest.mark.parametrize("alerts", ["C0ALERTS", "#juicebox-alerts", "juicebox-alerts"])
async def test_members_are_operators_where_operators_are_told(
    context: AppContext, alerts: str
) -> None:
    named = with_audiences(context, SLACK, Destination(Transport.SLACK, alerts))
    assert await reads(named, RECRUITER, "C0ALERTS")
    assert not await reads(named, RECRUITER, "C0RECRUIT")
    assert not await reads(named, RECRUITER, "D0RECRUITER")


async def test_guests_are_no_operators_in_their_channel(
    context: AppContext, slack_api: LocalSlack
) -> None:
    slack_api.workspace.profiles[RECRUITER] = Profile(is_guest=True)
    assert not await reads(context, RECRUITER, "C0ALERTS")


async def test_where_recruiters_are_told_too_nobody_is_an_operator(context: AppContext) -> None:
    same = with_audiences(context, NAMED, SLACK)
    assert not await reads(same, RECRUITER, "C0RECRUIT")


async def test_admins_are_operators_everywhere(context: AppContext) -> None:
    named = replace(context, admins=frozenset({OPERATOR}))
    assert await reads(named, OPERATOR, "D0OPERATOR")
    assert not await reads(named, RECRUITER, "D0RECRUITER")


@pytest.mark.parametrize("named", [SLACK, NAMED])
async def test_a_public_channel_is_seen_by_members_and_a_private_one_by_nobody_else(
    context: AppContext, slack_api: LocalSlack, named: Destination
) -> None:
    elsewhere = Asker(RECRUITER, "D0RECRUITER")
    context = with_audiences(context, named, ALERTS)
    assert (await sight_of(context, elsewhere)).reader.knows(named)
    slack_api.workspace.conversations["C0RECRUIT"].is_private = True
    private = replace(context, channels=Channels(context.client))
    assert not (await sight_of(private, elsewhere)).reader.knows(named)
    assert (await sight_of(private, Asker(RECRUITER, "C0RECRUIT"))).reader.knows(named)


@pytest.mark.parametrize(
    ("named", "method"), [(SLACK, "conversations.info"), (NAMED, "conversations.list")]
)
async def test_a_channel_that_slack_does_not_tell_about_may_be_private(
    context: AppContext, slack_api: LocalSlack, named: Destination, method: str
) -> None:
    slack_api.plan_faults(method, [HttpFault.error("missing_scope")])
    context = with_audiences(context, named, ALERTS)
    asker = Asker(RECRUITER, "D0RECRUITER")
    assert not (await sight_of(context, asker)).reader.knows(named)
    assert (await sight_of(context, asker)).reader.knows(named)


async def test_home_does_not_show_what_a_private_channel_got(
    context: AppContext, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.conversations["C0RECRUIT"].is_private = True
    await run_worker(store)
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "sent")
    link = {"exportId": "exp_1", "downloadUrl": "https://exports.example.com/1.csv"}
    await accept(store, make_event("evt_2", "export.ready", data=link))
    export = make_delivery("evt_2", SLACK, template="export.ready")
    await handle(store, export, event_id="evt_2")
    await settle(store, export, "sent")
    bolt = create_bolt(signing_secret=SECRET, context=context, timeouts=Timeouts())
    async with visiting(bolt, slack_api) as person:
        text = await person.open()
    assert QUERY not in text
    assert "C0RECRUIT" not in text
    assert "Download" not in person.labels


@pytest.mark.parametrize("is_guest", [False, True])
@pytest.mark.parametrize("to", [SECRET_CHANNEL, BOSS, Destination(Transport.SLACK, OPERATOR)])
async def test_events_for_others_are_known_by_their_type_and_time(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store, to: Destination, is_guest: bool
) -> None:
    slack_api.workspace.profiles[RECRUITER] = Profile(is_guest=is_guest)
    await open_to(store, "evt_one", to)
    await open_to(store, "evt_other", to, now=NOW + seconds(1))
    line = f"Search completed · {AT_14_30}"
    assert f"• {line}" in await lines(http, "status")
    assert await lines(http, "status evt_one") == [
        f"*Search completed* · {AT_14_30}",
        FOR_OTHERS,
        "Event evt_one",
    ]
    await choose(store, ME, subscriptions=(rule("search.completed", query="java"),))
    shown = await lines(http, "why evt_one", channel_id="D0RECRUITER")
    assert shown[0] == "*Search completed*"
    assert "🔎 Subscription 1 has a filter that it does not match." in shown
    listed = "\n".join(await lines(http, "why evt_o"))
    assert "`/juicebox why evt_one`" in listed
    assert (await lines(http, f"why {QUERY}"))[0] == f"I know of no event `{QUERY}`."
    for command in ("status", "status evt_one", "why evt_one", "why evt_o", f"status {QUERY}"):
        shown = "\n".join(await lines(http, command)).replace(f"`{QUERY}`", "")
        assert QUERY not in shown
        assert to.address not in shown


async def test_operators_read_them(http: httpx.AsyncClient, store: Store) -> None:
    await open_to(store, "evt_1", SECRET_CHANNEL)
    for command in ("status", "status evt_1", "why evt_1", f"why {QUERY}"):
        assert QUERY in "\n".join(await lines(http, command, channel_id="C0ALERTS"))


async def test_addresses_and_the_alert_channel_of_the_settings_are_not_shown(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.profiles[RECRUITER] = Profile(email="me@example.com")
    await open_to(store, "evt_1", SLACK, MAIL, ALERTS, ME)
    shown = await lines(http, "status evt_1", channel_id="D0RECRUITER")
    assert shown[1] == "⏳ Waiting to be sent to <#C0RECRUIT> and <@U0RECRUITER>"
    assert "recruiter@" not in "".join(shown)
    slack_api.workspace.profiles[OPERATOR] = Profile(is_guest=True)
    to_guest = await lines(http, "status evt_1", channel_id="D0OPERATOR", user_id=OPERATOR)
    assert to_guest[1] == FOR_OTHERS


async def test_others_than_operators_read_no_internal_states(
    http: httpx.AsyncClient, store: Store
) -> None:
    [delivery] = await open_to(store, "evt_1", SLACK)
    await settle(store, delivery, "failed", "not_in_channel: the bot is not in C0RECRUIT")
    await accept(store, "evt_2")
    await accept(store, "evt_3")
    await dead_letter(store, "evt_3", "searchId is missing")
    reason = "I am not in that channel: `/invite @Juicebox` lets me in"
    assert (await lines(http, "status evt_1"))[1:] == [
        f"❌ Could not be sent to <#C0RECRUIT>: {reason}",
        "Event evt_1",
    ]
    assert (await lines(http, "status evt_2"))[1] == "⏳ Waiting to be sent"
    dead = "❌ Could not be sent: I could not read it. The operators know"
    assert (await lines(http, "status evt_3"))[1] == dead


async def test_members_do_not_see_other_peoples_places_in_failures(
    http: httpx.AsyncClient, slack_api: LocalSlack, store: Store
) -> None:
    slack_api.workspace.add(Conversation("C0SECRET", "secret", is_private=True))
    [delivery] = await open_to(store, "evt_1", SECRET_CHANNEL)
    await settle(store, delivery, "failed", "not_in_channel: the bot is not in C0SECRET")
    again = f"`/juicebox retry {delivery.id}`"
    assert (await lines(http, "failed"))[1:5] == [
        "*Search completed*",
        f"To a channel · {AT_14_30}",
        "❌ I am not in that channel: `/invite @Juicebox` lets me in",
        again,
    ]
    assert (await lines(http, f"retry {delivery.id}"))[:2] == [
        "*Search completed*",
        "🔁 It is being sent again to a channel.",
    ]


@pytest.mark.parametrize(("channel", "is_seen"), [("C0RECRUIT", False), ("C0ALERTS", True)])
async def test_details_of_a_failure_are_what_the_presser_may_know(
    context: AppContext, slack_api: LocalSlack, store: Store, channel: str, is_seen: bool
) -> None:
    [delivery] = await open_to(store, "evt_1", SECRET_CHANNEL)
    await settle(store, delivery, "failed", "not_in_channel: the bot is not in C0SECRET")
    bolt = create_bolt(signing_secret=SECRET, context=context, timeouts=Timeouts())
    blocks = with_button("show_details", f"delivery:{delivery.id}:evt_1", "Show details")
    async with using(bolt, slack_api) as person:
        await press(person, slack_api.workspace.say(channel, "notice", blocks=blocks), "Show")
    assert ("C0SECRET" in answer(slack_api)) is is_seen
    assert (QUERY in answer(slack_api)) is is_seen
    assert (FOR_OTHERS in answer(slack_api)) is not is_seen


async def test_nobody_reads_keys_in_what_an_event_says(
    http: httpx.AsyncClient, store: Store
) -> None:
    data = {"newKeyPrefix": "jb_live_9Zq1", "rotatedAt": "2026-01-15T14:30:00Z"}
    await accept(store, make_event("evt_key", "key.rotated", data=data))
    mine = make_delivery("evt_key", ME, template="key.rotated")
    await handle(store, mine, event_id="evt_key")
    for command in ("status", "status evt_key", "why evt_key", "why rotated", "retry evt_key"):
        shown = "\n".join(await lines(http, command))
        assert "Juicebox API key rotated" in shown
        assert "jb_live_9Zq1" not in shown
        assert "JUICEBOX_API_KEY" not in shown


def test_the_app_describes_events_as_to_recruiters(make_settings: MakeSettings) -> None:
    _, describe = slack_rendering(make_settings())
    data = {"newKeyPrefix": "jb_live_9Zq1", "rotatedAt": "2026-01-15T14:30:00Z"}
    said = describe(make_event("evt_key", "key.rotated", data=data)) or ""
    assert said.startswith("Juicebox API key rotated")
    assert "jb_live_9Zq1" not in said
