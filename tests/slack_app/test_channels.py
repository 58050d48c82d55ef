"""What Slack says of channels is remembered for a while."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.slack.api import LocalSlack
from bot.slack_app.channels import Channels


async def test_slack_is_asked_about_a_channel_every_few_minutes(
    client: AsyncWebClient, slack_api: LocalSlack
) -> None:
    time = [0.0]
    channels = Channels(client, lambda: time[0])
    for time[0], asked in ((1.0, 1), (299.0, 1), (302.0, 2)):
        assert await channels.is_public("C0RECRUIT")
        assert len(slack_api.calls("conversations.info")) == asked
        assert await channels.is_public("#recruiting")
        assert len(slack_api.calls("conversations.list")) == asked


async def test_people_are_no_public_channels(client: AsyncWebClient, slack_api: LocalSlack) -> None:
    channels = Channels(client)
    assert [await channels.is_public(to) for to in ("U0RECRUITER", "D0RECRUITER")] == [False] * 2
    assert slack_api.calls("conversations.info") == []
