"""Has Slack itself check messages and views, without showing them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from pydantic import BaseModel, Field
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.model.finding import Finding, failure, note, ok
from bot.model.payload import OptionalField
from bot.transports.slack.client import UNREADABLE, slack_client
from bot.transports.slack.replies import refusal_in
from bot.transports.slack.settings import SlackSettings

_SUBJECT = "Slack templates"
_CALL_TIMEOUT = 4
_REFUSALS = frozenset({"invalid_blocks", "invalid_message", "invalid_view"})
_MOST_REASONS = 3
CALL_ERRORS = (SlackClientError, aiohttp.ClientError, OSError, *UNREADABLE)
"""Raised by a call."""


@dataclass(frozen=True, slots=True)
class Example:
    """What a template makes: the `blocks`, `message` or `view` that `blocks.validate` takes."""

    template: str
    argument: str
    payload: Any = field(repr=False)


class _Error(BaseModel):
    pointer: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.message or 'not valid'} at {self.pointer or '/'}"


class _Errors(BaseModel):
    errors: OptionalField[list[_Error]] = Field(default=None)


async def check_templates(settings: SlackSettings, examples: Sequence[Example]) -> list[Finding]:
    """Return what Slack says about each example, one after the other.

    A Slack that cannot be reached or does not take the token is the finding of another check.
    """
    if settings.slack_bot_token is None:
        return []
    token = settings.slack_bot_token.get_secret_value()
    slack = slack_client(token, str(settings.slack_api_url), timeout=_CALL_TIMEOUT)
    found: list[Finding] = []
    for example in examples:
        try:
            # AsyncWebClient.blocks_validate would send it as a query, which is too long for a URL.
            data = {example.argument: json.dumps(example.payload)}
            await slack.api_call("blocks.validate", data=data)
        except SlackApiError as error:
            code = refusal_in(error.response).error or ""
            if code not in _REFUSALS:
                return [*found, *_not_tried(code)]
            fix = f"fix templates/{example.template}/slack.json.j2, or report it"
            found.append(failure(f"Template {example.template}", _refused(error), fix))
        except CALL_ERRORS:
            return found
    return found or [
        ok(_SUBJECT, f"Slack accepts the {len(examples)} messages and screens that were tried")
    ]


def _not_tried(code: str) -> list[Finding]:
    if code == "unknown_method":
        return [note(_SUBJECT, "not tried: this Slack has no blocks.validate")]
    if code in {"ratelimited", "rate_limited"}:
        return [note(_SUBJECT, "not all tried: Slack limits how often; run doctor again later")]
    return []


def _refused(error: SlackApiError) -> str:
    try:
        errors = _Errors.model_validate(error.response.data).errors or []
    except UNREADABLE:
        errors = []
    reasons = "; ".join(map(str, errors[:_MOST_REASONS])) or "without a reason"
    return f"Slack refuses what it makes: {reasons}"
