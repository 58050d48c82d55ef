"""Models of the objects within blocks and elements: texts, options and confirmation dialogs.

Limits: docs.slack.dev/reference/block-kit/composition-objects.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AnyUrl, Field, StringConstraints

from bot.fakes.slack.rich_text import Part


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


def up_to(limit: int) -> AfterValidator:
    """Limit the length of a text object, in characters."""

    def check(text: PlainText | Mrkdwn) -> PlainText | Mrkdwn:
        if len(text.text) > limit:
            raise ValueError(f"must be less than {limit + 1} characters")
        return text

    return AfterValidator(check)


Text = Annotated[PlainText | Mrkdwn, Field(discriminator="type")]


class Confirm(Part):
    title: Annotated[PlainText, up_to(100)]
    text: Annotated[PlainText, up_to(300)]
    confirm: Annotated[PlainText, up_to(30)]
    deny: Annotated[PlainText, up_to(30)]
    style: Literal["primary", "danger"] | None = None


class Option(Part):
    text: Annotated[PlainText, up_to(75)]
    value: Annotated[str, _chars(150)]
    description: Annotated[PlainText, up_to(75)] | None = None
    url: Url | None = None


class CheckOption(Part):
    """An option of checkboxes, the text of which may have styles."""

    text: Annotated[Text, up_to(75)]
    value: Annotated[str, _chars(150)]
    description: Annotated[Text, up_to(75)] | None = None
