"""What people have chosen, as JSON for a backup; `.github/CONFIGURATION.md` documents the form.

It is not what Redis holds, which may differ from release to release.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from bot.environment import quoted
from bot.model import Destination, Transport
from bot.model.schedule import QuietHours
from bot.model.subscription import EVERYTHING, Mute, Place, Subscription
from bot.store.places import decode_place, encode_place
from bot.transports.email.address import to_mailable

_MOST_PROBLEMS = 10
_SHOULD = "Input should "
"""Begins what pydantic says."""


def _known_place(text: str) -> str:
    try:
        to = Destination.parse(text)
    except ValueError:
        raise ValueError(f"must begin with slack: or email:, got {quoted(text)}") from None
    if to.transport is Transport.EMAIL and to_mailable(to.address) != to.address:
        raise ValueError(f"write its domain as {quoted(to_mailable(to.address))}")
    if not to.address or not to.address.isprintable() or " " in to.address:
        raise ValueError(f"must be slack: and the id of a channel or a user, got {quoted(text)}")
    return text


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"is not a time zone such as Europe/Berlin, got {quoted(name)}") from None
    return name


def _whole_minute(moment: time) -> time:
    if moment.second or moment.microsecond or moment.tzinfo:
        raise ValueError("must be a time of day in whole minutes, such as 19:00")
    return moment


Text = Annotated[str, StringConstraints(max_length=1_000)]
Types = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...],
    Field(max_length=1_000),
]
Minute = Annotated[time, AfterValidator(_whole_minute)]


class _Part(BaseModel):
    """Has the fields of a type of `bot.model` under the same names; an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def of(cls, value: Any, **converted: object) -> Self:
        """Return the part for a value of the model. What Redis holds is exported even if it is not valid."""
        fields_of = {**_attributes(value), **converted}
        return cls.model_construct(**fields_of)  # type: ignore[return-value]  # pydantic's plugin

    def arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}


class _Subscription(_Part):
    types: Annotated[Types, Field(min_length=1)]
    made_by: Annotated[Text, Field(min_length=1)]
    made_at: AwareDatetime
    query: Text = ""
    minimum: Annotated[int | None, Field(ge=0, le=10**15)] = None
    follows: Text = ""
    excluded: Types = ()
    applied_at: AwareDatetime | None = None


class _Mute(_Part):
    since: AwareDatetime
    until: AwareDatetime | None
    made_by: Text
    types: Types = (EVERYTHING,)
    thread: Text = ""


class _Quiet(_Part):
    start: Minute
    end: Minute
    weekends: bool = False


class _Place(_Part):
    place: Annotated[str, AfterValidator(_known_place)]
    subscriptions: tuple[_Subscription, ...] = ()
    unsubscribed: Types = ()
    mutes: tuple[_Mute, ...] = ()
    quiet: _Quiet | None = None
    zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    owner: Text = ""
    paused: Text = ""
    paused_by: Text = ""

    def chosen(self) -> Place:
        given = self.arguments()
        del given["place"]
        given["subscriptions"] = tuple(Subscription(**r.arguments()) for r in self.subscriptions)
        given["mutes"] = tuple(Mute(**m.arguments()) for m in self.mutes)
        given["quiet"] = self.quiet and QuietHours(**self.quiet.arguments())
        return decode_place(encode_place(Place(**given)).encode())  # in the precision of Redis


class _Backup(_Part):
    version: Literal[1]
    places: tuple[_Place, ...]


def places_to_json(places: Mapping[Destination, Place]) -> str:
    """Return the places in the order of their names, indented."""
    parts = tuple(_part(to, places[to]) for to in sorted(places, key=str))
    backup = _Backup.model_construct(version=1, places=parts)
    return backup.model_dump_json(indent=2, exclude_defaults=True) + "\n"


def places_from_json(text: str | bytes) -> dict[Destination, Place]:
    """Read what `places_to_json` wrote, or a person.

    Raises:
        ValueError: names everything that is wrong, one problem in each line.
    """
    try:
        backup = _Backup.model_validate_json(text)
    except ValidationError as error:
        problems = [_problem(e) for e in error.errors(include_url=False)]
        rest = len(problems) - _MOST_PROBLEMS
        more = [f"and {rest} more"] if rest > 0 else []
        raise ValueError("\n".join([*problems[:_MOST_PROBLEMS], *more])) from None
    twice = _repeated(place.place for place in backup.places)
    if twice:
        raise ValueError("\n".join(f"{name} is listed twice" for name in twice))
    return {Destination.parse(given.place): given.chosen() for given in backup.places}


def _part(to: Destination, place: Place) -> _Place:
    return _Place.of(
        place,
        place=str(to),
        subscriptions=tuple(map(_Subscription.of, place.subscriptions)),
        mutes=tuple(map(_Mute.of, place.mutes)),
        quiet=place.quiet and _Quiet.of(place.quiet),
    )


def _attributes(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _problem(error: ErrorDetails) -> str:
    """Return the path of a value, and what is wrong with it: `places[0].mutes[1].until: …`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "json_invalid":
        return message
    if error["type"] == "extra_forbidden":
        message = "is not known"
    elif error["type"] == "missing":
        message = "is missing"
    elif message.startswith(_SHOULD):
        message = f"must {message.removeprefix(_SHOULD)}, got {quoted(error['input'])}"
    return f"{path.removeprefix('.') or 'the file'}: {message}"


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]  # None
