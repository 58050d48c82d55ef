"""Validates Block Kit blocks as Slack does.

Limits: docs.slack.dev/reference/block-kit/blocks, …/block-elements and …/composition-objects.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AnyUrl,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from bot.fakes.slack.rich_text import Part, RichText

MAX_BLOCKS = 50
MAX_TEXT = 12_000


def _chars(limit: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=limit)


def _valid_url(value: str) -> str:
    AnyUrl(value)
    return value


Name = Annotated[str, _chars(255)]
Label = Annotated[str, _chars(75)]
Description = Annotated[str, _chars(2_000)]
TextValue = Annotated[str, _chars(3_000)]
Url = Annotated[str, _chars(3_000), AfterValidator(_valid_url)]
PublicUrl = Annotated[Url, StringConstraints(pattern="^https?://")]
"""The URL of an image. Slack also accepts a `slack_file`; this workspace has no files."""


class PlainText(Part):
    type: Literal["plain_text"]
    text: TextValue
    emoji: bool = True


class Mrkdwn(Part):
    type: Literal["mrkdwn"]
    text: TextValue
    verbatim: bool = False


def _up_to(limit: int) -> AfterValidator:
    def check(text: PlainText | Mrkdwn) -> PlainText | Mrkdwn:
        if len(text.text) > limit:
            raise ValueError(f"must be less than {limit + 1} characters")
        return text

    return AfterValidator(check)


Text = Annotated[PlainText | Mrkdwn, Field(discriminator="type")]


class Confirm(Part):
    title: Annotated[PlainText, _up_to(100)]
    text: Annotated[PlainText, _up_to(300)]
    confirm: Annotated[PlainText, _up_to(30)]
    deny: Annotated[PlainText, _up_to(30)]
    style: Literal["primary", "danger"] | None = None


class Button(Part):
    type: Literal["button"]
    text: Annotated[PlainText, _up_to(75)]
    action_id: Name | None = None
    url: Url | None = None
    value: Description | None = None
    style: Literal["primary", "danger"] | None = None
    confirm: Confirm | None = None
    accessibility_label: Label | None = None


class Option(Part):
    text: Annotated[PlainText, _up_to(75)]
    value: Annotated[str, _chars(150)]
    description: Annotated[PlainText, _up_to(75)] | None = None
    url: Url | None = None


class Overflow(Part):
    type: Literal["overflow"]
    action_id: Name | None = None
    options: Annotated[list[Option], Field(min_length=1, max_length=5)]
    confirm: Confirm | None = None


class StaticSelect(Part):
    type: Literal["static_select"]
    action_id: Name | None = None
    options: Annotated[list[Option], Field(min_length=1, max_length=100)]
    initial_option: Option | None = None
    placeholder: Annotated[PlainText, _up_to(150)] | None = None
    confirm: Confirm | None = None


class Picture(Part):
    type: Literal["image"]
    image_url: PublicUrl
    alt_text: Description


class Block(Part):
    block_id: Name | None = None


class Header(Block):
    type: Literal["header"]
    text: Annotated[PlainText, _up_to(150)]


class Section(Block):
    type: Literal["section"]
    text: Text | None = None
    fields: Annotated[list[Annotated[Text, _up_to(2_000)]], Field(min_length=1, max_length=10)] = (
        Field(default_factory=list)
    )
    accessory: (
        Annotated[Button | Overflow | StaticSelect | Picture, Field(discriminator="type")] | None
    ) = None
    expand: bool = False

    @model_validator(mode="after")
    def _has_text_or_fields(self) -> Self:
        if self.text is None and not self.fields:
            raise ValueError("must have text or fields")
        return self


class Context(Block):
    type: Literal["context"]
    elements: Annotated[
        list[Annotated[PlainText | Mrkdwn | Picture, Field(discriminator="type")]],
        Field(min_length=1, max_length=10),
    ]


class Actions(Block):
    type: Literal["actions"]
    elements: Annotated[
        list[Annotated[Button | Overflow | StaticSelect, Field(discriminator="type")]],
        Field(min_length=1, max_length=25),
    ]


class Divider(Block):
    type: Literal["divider"]


class Image(Block):
    type: Literal["image"]
    image_url: PublicUrl
    alt_text: Description
    title: Annotated[PlainText, _up_to(2_000)] | None = None


class Markdown(Block):
    type: Literal["markdown"]
    text: Annotated[str, _chars(12_000)]


AnyBlock = Annotated[
    Header | Section | Context | Actions | Divider | Image | Markdown | RichText,
    Field(discriminator="type"),
]
_TAGS = frozenset(
    {
        *("header", "section", "context", "actions", "divider", "image", "markdown", "rich_text"),
        *("button", "overflow", "static_select", "plain_text", "mrkdwn"),
        *("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
        *("text", "link", "emoji", "user", "channel", "date", "broadcast"),
    }
)
_blocks = TypeAdapter(list[AnyBlock])


def block_errors(blocks: Sequence[object], limit: int = MAX_BLOCKS) -> list[str]:
    """Return Slack's errors for these blocks, each with its JSON pointer; empty if they are valid."""
    if len(blocks) > limit:
        return [f"no more than {limit} items allowed [json-pointer:/blocks]"]
    try:
        _blocks.validate_python(list(blocks))
    except ValidationError as error:
        return [_error(e["loc"], e["msg"]) for e in error.errors()]
    return list(_duplicate_ids(blocks))


def _error(loc: tuple[int | str, ...], message: str) -> str:
    pointer = "/".join(map(str, ("", "blocks", *_without_tags(loc))))
    return f"{message.removeprefix('Value error, ')} [json-pointer:{pointer}]"


def _without_tags(loc: tuple[int | str, ...]) -> Iterator[int | str]:
    """Drop the names of the matched types, which pydantic adds to the path."""
    for before, part in zip(("", *loc), loc, strict=False):
        if part not in _TAGS or (part == "text" and isinstance(before, str)):
            yield part


def _duplicate_ids(blocks: Sequence[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        names = [block.get("block_id")]
        elements = [*block.get("elements", []), block.get("accessory") or {}]
        actions = [e.get("action_id") for e in elements if isinstance(e, dict)]
        for name in (n for n in names if n):
            if name in seen:
                yield f"block_id {name!r} is used twice [json-pointer:/blocks/{index}/block_id]"
            seen.add(name)
        used = [a for a in actions if a]
        if len(used) != len(set(used)):
            yield f"action_id is used twice [json-pointer:/blocks/{index}/elements]"


def text_length(value: object) -> int:
    """Return the total number of characters in all texts of these blocks."""
    match value:
        case {"text": str(text), **rest}:
            return len(text) + text_length(list(rest.values()))
        case dict():
            return text_length(list(value.values()))
        case list() | tuple():
            return sum(map(text_length, value))
        case _:
            return 0
