"""Models of Block Kit's elements: buttons, menus, pickers and inputs.

Limits: docs.slack.dev/reference/block-kit/block-elements.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.fakes.slack.composition import (
    CheckOption,
    Confirm,
    Description,
    Label,
    Name,
    Option,
    PlainText,
    PublicUrl,
    Url,
    up_to,
)
from bot.fakes.slack.rich_text import Part

TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
"""HH:mm."""
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"


def _number(text: str) -> str:
    if not re.fullmatch(NUMBER, text):
        raise ValueError("must be a number")
    return text


Placeholder = Annotated[PlainText, up_to(150)]
Number = Annotated[str, AfterValidator(_number)]


class Button(Part):
    type: Literal["button"]
    text: Annotated[PlainText, up_to(75)]
    action_id: Name | None = None
    url: Url | None = None
    value: Description | None = None
    style: Literal["primary", "danger"] | None = None
    confirm: Confirm | None = None
    accessibility_label: Label | None = None


class Picture(Part):
    type: Literal["image"]
    image_url: PublicUrl
    alt_text: Description


class Overflow(Part):
    type: Literal["overflow"]
    action_id: Name | None = None
    options: Annotated[list[Option], Field(min_length=1, max_length=5)]
    confirm: Confirm | None = None


class _Input(Part):
    """What people choose or write; its value is part of a view's state."""

    action_id: Name | None = None
    focus_on_load: bool = False


class StaticSelect(_Input):
    type: Literal["static_select"]
    options: Annotated[list[Option], Field(min_length=1, max_length=100)]
    initial_option: Option | None = None
    placeholder: Placeholder | None = None
    confirm: Confirm | None = None

    @model_validator(mode="after")
    def _initial_is_an_option(self) -> Self:
        _check_initial([self.initial_option] if self.initial_option else [], self.options)
        return self


class MultiStaticSelect(_Input):
    type: Literal["multi_static_select"]
    options: Annotated[list[Option], Field(min_length=1, max_length=100)]
    initial_options: Annotated[list[Option], Field(min_length=1)] | None = None
    max_selected_items: Annotated[int, Field(ge=1)] | None = None
    placeholder: Placeholder | None = None
    confirm: Confirm | None = None

    @model_validator(mode="after")
    def _initial_are_options(self) -> Self:
        _check_initial(self.initial_options or (), self.options)
        return self


class Checkboxes(_Input):
    type: Literal["checkboxes"]
    options: Annotated[list[CheckOption], Field(min_length=1, max_length=10)]
    initial_options: Annotated[list[CheckOption], Field(min_length=1)] | None = None
    confirm: Confirm | None = None

    @model_validator(mode="after")
    def _initial_are_options(self) -> Self:
        _check_initial(self.initial_options or (), self.options)
        return self


class TimePicker(_Input):
    type: Literal["timepicker"]
    initial_time: Annotated[str, StringConstraints(pattern=f"^{TIME}$")] | None = None
    placeholder: Placeholder | None = None
    timezone: Annotated[str, StringConstraints(min_length=1)] | None = None
    confirm: Confirm | None = None


class PlainTextInput(_Input):
    type: Literal["plain_text_input"]
    initial_value: str | None = None
    multiline: bool = False
    min_length: Annotated[int, Field(ge=0, le=3_000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=3_000)] | None = None
    placeholder: Placeholder | None = None


class NumberInput(_Input):
    type: Literal["number_input"]
    is_decimal_allowed: bool
    initial_value: Number | None = None
    min_value: Number | None = None
    max_value: Number | None = None
    placeholder: Placeholder | None = None

    @model_validator(mode="after")
    def _minimum_is_below_maximum(self) -> Self:
        low, high = self.min_value, self.max_value
        if low is not None and high is not None and float(low) > float(high):
            raise ValueError("min_value cannot be greater than max_value")
        return self


Accessory = Button | Overflow | StaticSelect | MultiStaticSelect | Checkboxes | TimePicker | Picture
Action = Button | Overflow | StaticSelect | MultiStaticSelect | Checkboxes | TimePicker
InputElement = (
    StaticSelect | MultiStaticSelect | Checkboxes | TimePicker | PlainTextInput | NumberInput
)


def _check_initial(
    initial: Sequence[Option | CheckOption], options: Sequence[Option | CheckOption]
) -> None:
    if not all(option in options for option in initial):
        raise ValueError("an initial option must exactly match one of the options")
