"""`views.publish`: what the bot's Home tab shows one person.

https://docs.slack.dev/reference/methods/views.publish
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from bot.fakes.slack.arguments import PublishView, Reply, SlackError
from bot.fakes.slack.chat import check_blocks, reject
from bot.fakes.slack.workspace import APP, BOT, TEAM, Home, Workspace

_MAX_VIEW_BLOCKS = 100
_MAX_PRIVATE = 3_000
_MAX_BYTES = 250_000


class _View(BaseModel):
    """https://docs.slack.dev/reference/views/home-tab-views."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["home"]
    blocks: list[Any]
    private_metadata: Annotated[str, Field(max_length=_MAX_PRIVATE)] = ""
    callback_id: Annotated[str, Field(max_length=255)] = ""
    external_id: Annotated[str, Field(max_length=255)] = ""


def publish(workspace: Workspace, asked: PublishView) -> Reply:
    if not workspace.has_home_tab:
        raise SlackError("not_enabled")
    if asked.user_id not in workspace.people:
        raise SlackError("user_not_found")
    try:
        view = _View.model_validate(asked.view)
    except ValidationError as error:
        messages = [f"[ERROR] view/{_at(e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages}) from None
    check_blocks(view.blocks, _MAX_VIEW_BLOCKS)
    reject([*_for_messages_only(view.blocks)])
    if len(to_json(asked.view)) > _MAX_BYTES:
        raise SlackError("view_too_large")
    shown = workspace.home_of(asked.user_id)
    if asked.hash is not None and shown is not None and asked.hash != shown.hash:
        raise SlackError("hash_conflict")
    home = workspace.publish(asked.user_id, view.model_dump())
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


def _for_messages_only(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/markdown-block."""
    for index, block in enumerate(blocks):
        if block["type"] == "markdown":
            yield f"unsupported type: markdown [json-pointer:/blocks/{index}/type]"


def _at(loc: tuple[int | str, ...]) -> str:
    return "/".join(map(str, loc))
