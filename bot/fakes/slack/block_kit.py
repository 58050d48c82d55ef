"""Validates Block Kit blocks as Slack does.

Limits: docs.slack.dev/reference/block-kit/blocks, …/block-elements and …/composition-objects.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from bot.fakes.slack.composition import (
    Description,
    Mrkdwn,
    Name,
    PlainText,
    PublicUrl,
    Text,
    up_to,
)
from bot.fakes.slack.elements import Accessory, Action, InputElement, Picture
from bot.fakes.slack.rich_text import Part, RichText

MAX_BLOCKS = 50
MAX_TEXT = 12_000


class Block(Part):
    block_id: Name | None = None


class Header(Block):
    type: Literal["header"]
    text: Annotated[PlainText, up_to(150)]


class Section(Block):
    type: Literal["section"]
    text: Text | None = None
    fields: Annotated[list[Annotated[Text, up_to(2_000)]], Field(min_length=1, max_length=10)] = (
        Field(default_factory=list)
    )
    accessory: Annotated[Accessory, Field(discriminator="type")] | None = None
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
        list[Annotated[Action, Field(discriminator="type")]],
        Field(min_length=1, max_length=25),
    ]


class Divider(Block):
    type: Literal["divider"]


class Image(Block):
    type: Literal["image"]
    image_url: PublicUrl
    alt_text: Description
    title: Annotated[PlainText, up_to(2_000)] | None = None


class Markdown(Block):
    type: Literal["markdown"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=12_000)]


class Input(Block):
    """https://docs.slack.dev/reference/block-kit/blocks/input-block."""

    type: Literal["input"]
    label: Annotated[PlainText, up_to(2_000)]
    element: Annotated[InputElement, Field(discriminator="type")]
    hint: Annotated[PlainText, up_to(2_000)] | None = None
    optional: bool = False
    dispatch_action: bool = False


AnyBlock = Annotated[
    Header | Section | Context | Actions | Divider | Image | Markdown | Input | RichText,
    Field(discriminator="type"),
]
_TAGS = frozenset(
    {
        *("header", "section", "context", "actions", "divider", "image", "markdown", "rich_text"),
        *("input", "button", "overflow", "static_select", "plain_text", "mrkdwn"),
        *("multi_static_select", "checkboxes", "timepicker", "plain_text_input", "number_input"),
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
    return [*_duplicate_ids(blocks), *_second_focus(blocks)]


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
        actions = [element.get("action_id") for element in _elements(block)]
        for name in (n for n in names if n):
            if name in seen:
                yield f"block_id {name!r} is used twice [json-pointer:/blocks/{index}/block_id]"
            seen.add(name)
        used = [a for a in actions if a]
        if len(used) != len(set(used)):
            yield f"action_id is used twice [json-pointer:/blocks/{index}/elements]"


def _second_focus(blocks: Sequence[Any]) -> Iterator[str]:
    """Only one element of a view may get the focus."""
    focused = [i for i, b in enumerate(blocks) for e in _elements(b) if e.get("focus_on_load")]
    for index in focused[1:]:
        yield f"only one element may have focus_on_load [json-pointer:/blocks/{index}]"


def _elements(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
    return [element for element in given if isinstance(element, dict)]


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
