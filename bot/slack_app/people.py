"""The people who use the bot in Slack: who they are, and their time zone."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from pydantic import BaseModel, Field
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_app.workspace import CALL_ERRORS

_KEPT_FOR = timedelta(minutes=5)
_MOST_KEPT = 1_000
_TIMEOUT = timedelta(seconds=0.4)
"""Within the time that an answer may take, in which Slack and Redis may be asked for more."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """A user of Slack. `is_member` is true for members of the bot's own workspace who are no guests.

    `email` is empty unless the bot has the scope `users:read.email`, `zone` is a name of the tz database.
    """

    id: str
    is_member: bool
    zone: str = "UTC"
    email: str = field(default="", repr=False)


class _Profile(BaseModel):
    email: str | None = None


class _User(BaseModel):
    """https://docs.slack.dev/reference/objects/user-object."""

    id: str
    team_id: str = ""
    tz: str | None = None
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    deleted: bool = False
    profile: _Profile = Field(default_factory=_Profile)


class _Reply(BaseModel):
    user: _User


class People:
    """Asks Slack about people within `timeout`, and remembers the answers for some minutes.

    `monotonic` gives seconds.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        monotonic: Callable[[], float] = time.monotonic,
        timeout: timedelta = _TIMEOUT,
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._timeout = timeout
        self._known: dict[str, tuple[float, SlackPerson]] = {}
        self.lacks_scope = False
        """Whether Slack last refused to answer since the bot lacks the scope `users:read`."""

    def forget(self, user: str) -> None:
        """Ask Slack again, since something about the person has changed."""
        self._known.pop(user, None)

    async def get(self, user: str, team: str) -> SlackPerson | None:
        """Return the person, compared with the bot's workspace `team`; None if Slack does not say.

        That is so without the scope `users:read`, which `lacks_scope` then says, and while Slack does not
        answer. https://docs.slack.dev/reference/methods/users.info
        """
        asked_at, known = self._known.get(user, (0.0, None))
        if known and self._monotonic() - asked_at < _KEPT_FOR.total_seconds():
            return known
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                reply = await self._client.users_info(user=user)
            found = _Reply.model_validate(reply.data).user
        except CALL_ERRORS as error:
            _log.warning("person unknown", fault=type(error).__name__)
            self.lacks_scope = _error_of(error) == "missing_scope"
            return None
        self.lacks_scope = False
        is_guest = found.is_restricted or found.is_ultra_restricted or found.is_stranger
        person = SlackPerson(
            id=user,
            is_member=not (is_guest or found.is_bot or found.deleted) and found.team_id == team,
            zone=found.tz or "UTC",
            email=found.profile.email or "",
        )
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[user] = self._monotonic(), person
        return person


def _error_of(error: Exception) -> str:
    """Return Slack's name for the error, or an empty string."""
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else ""
