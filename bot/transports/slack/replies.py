"""Models of Slack's replies, with the fields that the bot reads."""

import aiohttp
from pydantic import AliasPath, BaseModel, Field
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.model.payload import OptionalField


class Refusal(BaseModel):
    """Slack's error code, and the scopes that the call needs."""

    error: OptionalField[str] = None
    needed: OptionalField[str] = None


def refusal_in(response: AsyncSlackResponse | aiohttp.ClientResponse) -> Refusal:
    """Return Slack's error, or an empty one if the reply is not Slack's, which has `"ok": false`.

    slack_sdk returns the bare response if its body is not JSON.
    https://docs.slack.dev/apis/web-api/#responses
    """
    data = response.data if isinstance(response, AsyncSlackResponse) else None
    is_slacks = isinstance(data, dict) and data.get("ok") is False
    return Refusal.model_validate(data if is_slacks else {})


class AuthTest(BaseModel):
    user: str
    team: str


class Posted(BaseModel):
    channel: str
    ts: str


class Message(BaseModel):
    ts: str
    event_type: OptionalField[str] = Field(
        None, validation_alias=AliasPath("metadata", "event_type")
    )
    delivery_id: OptionalField[str] = Field(
        None, validation_alias=AliasPath("metadata", "event_payload", "delivery_id")
    )
    invitation: OptionalField[str] = Field(
        None, validation_alias=AliasPath("metadata", "event_payload", "invitation")
    )


class History(BaseModel):
    messages: list[Message]


class Channel(BaseModel):
    id: str
    name: str = ""
    is_member: bool = False
    is_archived: bool = False


class Channels(BaseModel):
    channels: list[Channel]


class ChannelInfo(BaseModel):
    channel: Channel | None = None


class Opened(BaseModel):
    channel: Channel
