"""A user of the local Slack invites the bot, and may come from a connected workspace."""

import json

import pytest

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import NotFound
from bot.fakes.slack.workspace import Conversation, Profile
from tests.fakes.slack.person_and_app import empty_response, ephemeral_messages, person_and_app
from tests.fakes.slack.test_person_presses import ACTIONS


@pytest.mark.parametrize(("is_private", "kind"), [(False, "C"), (True, "G")])
async def test_the_bot_is_told_that_it_joined(
    slack_api: LocalSlack, kind: str, *, is_private: bool
) -> None:
    channel = slack_api.workspace.add(
        Conversation("C0NEW", "new", is_member=False, is_private=is_private)
    )
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.say("C0NEW", "/invite @Juicebox")
    sent = json.loads(app.bodies[-1])
    event = {k: sent["event"][k] for k in ("type", "user", "channel", "channel_type", "inviter")}
    assert event == {
        "type": "member_joined_channel",
        "user": "U0BOT",
        "channel": "C0NEW",
        "channel_type": kind,
        "inviter": "U0RECRUITER",
    }
    assert sent["team_id"] == "T0JUICEBOX"
    assert channel.is_member


async def test_an_event_can_be_repeated(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.invite_bot("C0RECRUIT", sent=2)
        await person.invite_bot("C0RECRUIT")
    first, second, third = (json.loads(body)["event_id"] for body in app.bodies)
    assert first == second != third


async def test_the_bot_cannot_be_invited_into_what_is_no_channel(slack_api: LocalSlack) -> None:
    slack_api.workspace.direct_message("U0RECRUITER")
    async with person_and_app(slack_api, empty_response) as (person, _):
        for channel in ("C0NOWHERE", "D0RECRUITER"):
            with pytest.raises(NotFound):
                await person.invite_bot(channel)


async def test_an_app_that_does_not_respond_is_shown(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, empty_response, timeout=0.000001) as (person, _):
        await person.invite_bot("C0RECRUIT")
    [warning] = ephemeral_messages(slack_api)
    assert "did not respond to the invitation" in warning.text


async def test_the_workspace_of_a_person_is_sent(slack_api: LocalSlack) -> None:
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(team="T0OTHER")
    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.press("C0RECRUIT", post.ts, "b1", "again")
    assert app.payload["user"]["team_id"] == "T0OTHER"
    assert app.payload["team"]["id"] == "T0JUICEBOX"
