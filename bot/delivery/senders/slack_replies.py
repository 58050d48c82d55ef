"""What Slack replies, as far as the bot reads it."""

from pydantic import BaseModel

from bot.model import Delivery, Extra

METADATA_TYPE = "juicebox_delivery"


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

    def is_of(self, delivery: Delivery) -> bool:
        data = self.metadata
        return (
            data is not None
            and data.event_type == METADATA_TYPE
            and data.event_payload is not None
            and data.event_payload.delivery_id == delivery.id
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


class Channels(Page):
    channels: list[Channel]


class Opened(BaseModel):
    channel: Channel
