"""What Slack replies, as far as the bot reads it."""

import aiohttp
from pydantic import BaseModel
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.model import Extra

METADATA_TYPE = "juicebox_delivery"


class Refusal(BaseModel):
    """Slack's name for what is wrong, and the scopes that would have been needed."""

    error: Extra[str] = None
    needed: Extra[str] = None


def refusal_in(response: AsyncSlackResponse | aiohttp.ClientResponse) -> Refusal:
    """What the reply says, or nothing if it is not Slack's: every refusal of Slack's has `"ok": false`.

    slack_sdk hands out the bare response if its body is not JSON.
    https://docs.slack.dev/apis/web-api/#responses
    """
    data = response.data if isinstance(response, AsyncSlackResponse) else None
    is_slacks = isinstance(data, dict) and data.get("ok") is False
    return Refusal.model_validate(data if is_slacks else {})


class Who(BaseModel):
    user: str
    team: str


class Posted(BaseModel):
    channel: str
    ts: str


class _Payload(BaseModel):
    delivery_id: Extra[str] = None


class _Metadata(BaseModel):
    event_type: Extra[str] = None
    event_payload: Extra[_Payload] = None


class Message(BaseModel):
    ts: str
    metadata: Extra[_Metadata] = None

    def is_of(self, delivery_id: str) -> bool:
        data = self.metadata
        return (
            data is not None
            and data.event_type == METADATA_TYPE
            and data.event_payload is not None
            and data.event_payload.delivery_id == delivery_id
        )


class _Cursor(BaseModel):
    next_cursor: Extra[str] = None


class Page(BaseModel):
    response_metadata: Extra[_Cursor] = None

    @property
    def next_cursor(self) -> str:
        return (self.response_metadata and self.response_metadata.next_cursor) or ""


class History(Page):
    messages: list[Message]


class Channel(BaseModel):
    id: str
    name: str = ""
    is_member: bool = False
    is_archived: bool = False


class Channels(Page):
    channels: list[Channel]


class Found(BaseModel):
    channel: Channel | None = None


class Opened(BaseModel):
    channel: Channel
