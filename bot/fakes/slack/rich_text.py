"""Models of a rich text block.

docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Refuses unknown properties, as Slack does."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Style(Part):
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False


class PlainRun(Part):
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]
    style: Style | None = None


class Link(Part):
    type: Literal["link"]
    url: Annotated[str, Field(min_length=1)]
    text: str | None = None
    unsafe: bool = False
    style: Style | None = None


class Emoji(Part):
    type: Literal["emoji"]
    name: Annotated[str, Field(min_length=1)]
    unicode: str | None = None


class User(Part):
    type: Literal["user"]
    user_id: Annotated[str, Field(min_length=1)]
    style: Style | None = None


class ChannelName(Part):
    type: Literal["channel"]
    channel_id: Annotated[str, Field(min_length=1)]
    style: Style | None = None


class Date(Part):
    type: Literal["date"]
    timestamp: int
    format: Annotated[str, Field(min_length=1)]
    url: str | None = None
    fallback: str | None = None


class Broadcast(Part):
    type: Literal["broadcast"]
    range: Literal["here", "channel", "everyone"]


Run = Annotated[
    PlainRun | Link | Emoji | User | ChannelName | Date | Broadcast, Field(discriminator="type")
]
Runs = Annotated[list[Run], Field(min_length=1)]


class Paragraph(Part):
    type: Literal["rich_text_section"]
    elements: Runs


class Bullets(Part):
    type: Literal["rich_text_list"]
    style: Literal["bullet", "ordered"]
    elements: Annotated[list[Paragraph], Field(min_length=1)]
    indent: int = 0
    offset: int = 0
    border: int = 0


class Preformatted(Part):
    type: Literal["rich_text_preformatted"]
    elements: Runs
    border: int = 0


class Quote(Part):
    type: Literal["rich_text_quote"]
    elements: Runs
    border: int = 0


class RichText(Part):
    block_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    type: Literal["rich_text"]
    elements: Annotated[
        list[Annotated[Paragraph | Bullets | Preformatted | Quote, Field(discriminator="type")]],
        Field(min_length=1),
    ]
