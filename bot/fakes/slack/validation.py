"""The `blocks.validate` method: https://docs.slack.dev/reference/methods/blocks.validate."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.fakes.slack.arguments import Reply, SlackError, ValidateBlocks
from bot.fakes.slack.block_kit import MAX_BLOCKS, block_errors
from bot.fakes.slack.workspace import Workspace

_MAX_VIEW_BLOCKS = 100
_VIEWS = frozenset({"home", "modal"})
_ERROR = re.compile(r"(.*) \[json-pointer:/blocks(.*)\]", re.DOTALL)


def validate(_: Workspace, request: ValidateBlocks) -> Reply:
    """Accept the one argument that is given, or say what is wrong with it."""
    given = request.model_dump(exclude_none=True)
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    [(name, value)] = given.items()
    errors = _errors_of_blocks(value, "") if name == "blocks" else _errors_of_object(name, value)
    if errors:
        raise SlackError(f"invalid_{name}", errors=errors)
    return {}


def _errors_of_object(name: str, value: object) -> Sequence[Mapping[str, Any]]:
    """Return the errors of a message or a view."""
    if not isinstance(value, Mapping):
        return [_error("", "must be an object")]
    if name == "view" and value.get("type") not in _VIEWS:
        return [_error("/type", "must be home or modal")]
    limit = _MAX_VIEW_BLOCKS if name == "view" else MAX_BLOCKS
    return _errors_of_blocks(value.get("blocks"), "/blocks", limit)


def _errors_of_blocks(
    blocks: object, pointer: str, limit: int = MAX_BLOCKS
) -> Sequence[Mapping[str, Any]]:
    if not isinstance(blocks, list):
        return [_error(pointer, "must be an array")]
    found = (_ERROR.fullmatch(error) for error in block_errors(blocks, limit))
    return [_error(f"{pointer}{e[2]}", e[1]) for e in found if e]


def _error(pointer: str, message: str) -> Mapping[str, Any]:
    return {"pointer": pointer, "code": "failed_constraint", "message": message}
