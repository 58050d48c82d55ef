"""The arguments of the Web API's methods, and the error for those that Slack refuses."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import from_json

Reply = Mapping[str, Any]


class SlackError(Exception):
    """A reply with `ok: false` and Slack's name for the error."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.reply: Reply = {"ok": False, "error": error, **details}


def _decoded(value: object) -> object:
    """Decode JSON, which is how a form or a query holds anything but a string."""
    return from_json(value) if isinstance(value, str) else value


class Arguments(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Page(Arguments):
    cursor: str = ""
    limit: int = Field(100, ge=1, le=1_000)


class PostMessage(Arguments):
    channel: str = ""
    text: str = ""
    blocks: Annotated[list[Any], BeforeValidator(_decoded)] = []
    metadata: Annotated[Any, BeforeValidator(_decoded)] = None
    unfurl_links: bool = True
    unfurl_media: bool = True
    thread_ts: str | None = None


class UpdateMessage(Arguments):
    channel: str = ""
    ts: str = ""
    text: str = ""
    blocks: Annotated[list[Any], BeforeValidator(_decoded)] = []


class DeleteMessage(Arguments):
    channel: str = ""
    ts: str = ""


class PostEphemeral(Arguments):
    channel: str = ""
    user: str = ""
    text: str = ""
    blocks: Annotated[list[Any], BeforeValidator(_decoded)] = []


class PublishView(Arguments):
    user_id: str = ""
    view: Annotated[dict[str, Any], BeforeValidator(_decoded)] = {}
    hash: str | None = None


class OpenView(Arguments):
    trigger_id: str = ""
    view: Annotated[dict[str, Any], BeforeValidator(_decoded)] = {}


class UpdateView(Arguments):
    view_id: str = ""
    external_id: str = ""
    view: Annotated[dict[str, Any], BeforeValidator(_decoded)] = {}
    hash: str | None = None


class History(Page):
    channel: str = ""
    oldest: float = 0
    latest: float = float("inf")
    inclusive: bool = False
    include_all_metadata: bool = False


class ListChannels(Page):
    types: str = "public_channel"
    exclude_archived: bool = False


class ChannelInfo(Arguments):
    channel: str = ""


class ValidateBlocks(Arguments):
    blocks: Annotated[Any, BeforeValidator(_decoded)] = None
    message: Annotated[Any, BeforeValidator(_decoded)] = None
    view: Annotated[Any, BeforeValidator(_decoded)] = None


class UserInfo(Arguments):
    user: str = ""


class OpenConversation(Arguments):
    users: str = ""


class Metadata(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    event_type: str = Field(min_length=1, max_length=255)
    event_payload: dict[str, Any]
