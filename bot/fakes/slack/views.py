"""The `views.publish` method: the Home tab of one user.

https://docs.slack.dev/reference/methods/views.publish
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from bot.fakes.slack.arguments import PublishView, Reply, SlackError
from bot.fakes.slack.chat import check_blocks, raise_for_block_errors
from bot.fakes.slack.workspace import APP, BOT, TEAM, Home, Workspace

_MAX_VIEW_BLOCKS = 100
_MAX_PRIVATE_METADATA = 3_000
_MAX_BYTES = 250_000


class _View(BaseModel):
    """https://docs.slack.dev/reference/views/home-tab-views."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["home"]
    blocks: list[Any]
    private_metadata: Annotated[str, Field(max_length=_MAX_PRIVATE_METADATA)] = ""
    callback_id: Annotated[str, Field(max_length=255)] = ""
    external_id: Annotated[str, Field(max_length=255)] = ""


def publish(workspace: Workspace, request: PublishView) -> Reply:
    if not workspace.has_home_tab:
        raise SlackError("not_enabled")
    if request.user_id not in workspace.people:
        raise SlackError("user_not_found")
    try:
        view = _View.model_validate(request.view)
    except ValidationError as error:
        messages = [f"[ERROR] view/{_path(e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages}) from None
    check_blocks(view.blocks, _MAX_VIEW_BLOCKS)
    raise_for_block_errors(list(_message_only_blocks(view.blocks)))
    if len(to_json(request.view)) > _MAX_BYTES:
        raise SlackError("view_too_large")
    current = workspace.home_of(request.user_id)
    if request.hash is not None and current is not None and request.hash != current.hash:
        raise SlackError("hash_conflict")
    home = workspace.publish(request.user_id, view.model_dump())
    return {"view": view_object(home)}


def view_object(home: Home) -> Mapping[str, Any]:
    return {
        **home.view,
        "id": home.id,
        "team_id": TEAM,
        "hash": home.hash,
        "app_id": APP,
        "bot_id": BOT,
        "root_view_id": home.id,
        "previous_view_id": None,
        "state": {"values": {}},
    }


def _message_only_blocks(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/markdown-block."""
    for index, block in enumerate(blocks):
        if block["type"] == "markdown":
            yield f"unsupported type: markdown [json-pointer:/blocks/{index}/type]"


def _path(loc: tuple[int | str, ...]) -> str:
    return "/".join(map(str, loc))
