"""What Slack tells of changes in the workspace: a person's time zone, and a channel that is there again."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import AliasPath, BaseModel, Field, ValidationError

from bot.errors import InvalidEnvelope
from bot.model import Destination, Transport, choices
from bot.model.subscription import Place
from bot.slack_app.arguments import NotUnderstood
from bot.slack_app.context import AppContext
from bot.slack_app.destinations import find_channel
from bot.slack_app.permissions import change

M = TypeVar("M", bound=BaseModel)


class _UserChange(BaseModel):
    """https://docs.slack.dev/reference/events/user_change."""

    user: str = Field(validation_alias=AliasPath("user", "id"), min_length=1)
    zone: str | None = Field(None, validation_alias=AliasPath("user", "tz"), max_length=64)


class _Unarchived(BaseModel):
    """https://docs.slack.dev/reference/events/channel_unarchive; `user` is who did it."""

    channel: str = Field(min_length=1)
    user: str = ""


@dataclass(frozen=True, slots=True)
class WorkspaceEvents:
    """Applies the changes to the places that they are about."""

    context: AppContext

    async def user_changed(self, event: Mapping[str, Any]) -> None:
        """Keep the time zone of the user's own places up to date.

        Raises:
            InvalidEnvelope: if the event is not in the format that Slack documents.
            redis.RedisError: if Redis does not answer; Slack sends the event again.
        """
        changed = _parse(_UserChange, event)
        self.context.people.forget(changed.user)
        zone = changed.zone
        if not zone:
            return
        for to, place in (await self.context.store.places.all()).items():
            if place.zone != zone and _is_of(changed.user, to, place):
                await change(
                    self.context,
                    to,
                    lambda place: choices.owned(place, changed.user, zone),
                    by=changed.user,
                    what="time zone",
                )

    async def unarchived(self, event: Mapping[str, Any]) -> None:
        """Resume what was paused since the channel was archived.

        Raises:
            InvalidEnvelope: if the event is not in the format that Slack documents.
            redis.RedisError: if Redis does not answer; Slack sends the event again.
        """
        found = _parse(_Unarchived, event)
        to = Destination(Transport.SLACK, found.channel)
        with suppress(NotUnderstood):  # without an answer, the id is what most places have
            to = await find_channel(self.context, found.channel)
        if (await self.context.store.places.get(to)).paused:
            await change(self.context, to, _resume, by=found.user, what="resume")


def _is_of(user: str, to: Destination, place: Place) -> bool:
    return place.owner == user or to == Destination(Transport.SLACK, user)


def _resume(place: Place) -> Place:
    return replace(place, paused="")


def _parse(model: type[M], fields: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError:
        raise InvalidEnvelope("not in the format that Slack documents") from None
