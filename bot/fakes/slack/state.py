"""What people have chosen and written in a message or a view, as payloads describe it.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.fakes.slack.block_ids import STATEFUL, Block, Element, interactive_elements
from bot.fakes.slack.elements import NUMBER, TIME

Value = str | Sequence[str] | None
"""A time, a text or the value of an option; or the values of the options of a multiple choice."""
Chosen = Mapping[tuple[str, str], Value]
"""By the ids of the block and of the element."""
_MANY = {"multi_static_select", "checkboxes"}


def value_of(element: Element, value: Value) -> Mapping[str, Any]:
    """Return the fields that a payload has for the value of an element; none for a button.

    Raises:
        ValueError: if the element cannot have the value.
    """
    given = element.given
    match given["type"]:
        case "static_select" | "overflow":
            return {"selected_option": None if value is None else _option(element, value)}
        case "multi_static_select" | "checkboxes":
            values = [value] if isinstance(value, str) else value or []
            return {"selected_options": [_option(element, each) for each in values]}
        case "timepicker":
            if value is not None and not (isinstance(value, str) and re.fullmatch(TIME, value)):
                raise ValueError(f"{value} is not a time")
            return {"selected_time": value}
        case "plain_text_input" | "number_input":
            return {"value": value or None}
    return {}


def state_of(blocks: Sequence[Block], chosen: Chosen) -> Mapping[str, Any]:
    """Return the state of a message or a view: initial values, unless something was chosen."""
    values: dict[str, dict[str, Any]] = {}
    for element in interactive_elements(blocks):
        if element.given["type"] in STATEFUL:
            block_id, action_id = element.id
            value = chosen[element.id] if element.id in chosen else _initial(element.given)
            state = {"type": element.given["type"], **value_of(element, value)}
            values.setdefault(block_id, {})[action_id] = state
    return {"values": values}


def unfilled(blocks: Sequence[Block], chosen: Chosen) -> Mapping[str, str]:
    """Return what Slack itself says about inputs that cannot be submitted, by the ids of their blocks."""
    errors: dict[str, str] = {}
    inputs = {b["block_id"]: b for b in blocks if b["type"] == "input"}
    for element in interactive_elements(blocks):
        block = inputs.get(element.block_id)
        value = chosen[element.id] if element.id in chosen else _initial(element.given)
        if block and not value and not block.get("optional"):
            errors[element.block_id] = "Please complete this required field."
        elif value and element.given["type"] == "number_input" and not _fits(element.given, value):
            errors[element.block_id] = "Please enter a valid number."
        elif len(value or "") > element.given.get("max_length", float("inf")):
            errors[element.block_id] = "Please enter fewer characters."
    return errors


def _fits(given: Mapping[str, Any], value: Value) -> bool:
    if not isinstance(value, str) or not re.fullmatch(NUMBER, value):
        return False
    low, high = float(given.get("min_value", "-inf")), float(given.get("max_value", "inf"))
    return low <= float(value) <= high and (given["is_decimal_allowed"] or "." not in value)


def _initial(given: Mapping[str, Any]) -> Value:
    if given["type"] in _MANY:
        return [option["value"] for option in given.get("initial_options") or ()]
    option = given.get("initial_option") or {}
    value: Value = option.get("value") or given.get("initial_time") or given.get("initial_value")
    return value


def _option(element: Element, value: Value) -> Mapping[str, Any]:
    option = element.option(value if isinstance(value, str) else None)
    if option is None:
        raise ValueError(f"{element.given['action_id']} has no option {value}")
    return option
