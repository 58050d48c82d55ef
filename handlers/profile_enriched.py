"""A profile was enriched: its new details are recorded, and subscribers are told."""

from typing import Annotated

from pydantic import BeforeValidator, JsonValue

from bot.model import Audience, DataSubject, Event, Intent, Notify, Payload, Policy, Record, handles
from bot.model.payload import Id, OptionalField, Text


def _names_or_object(value: object) -> object:
    is_names = isinstance(value, list) and all(isinstance(name, str) for name in value)
    if not is_names and not isinstance(value, dict):
        raise ValueError("must be a list of names or an object")
    return value


class Data(Payload):
    profile_id: Id
    fields: Annotated[list[str] | dict[str, JsonValue], BeforeValidator(_names_or_object)]
    source: OptionalField[Text] = None


@handles(
    "profile.enriched",
    alias="profile",
    data=Data,
    sample={
        "profileId": "prof_2x9d4w",
        "fields": ["email", "phone", "currentCompany"],
        "source": "linkedin",
    },
    subject=DataSubject("profileId", record_kind="profile", cached_key="profile:{id}"),
)
def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    fields: JsonValue = [*data.fields] if isinstance(data.fields, list) else data.fields
    profile = {"enrichedAt": int(event.timestamp.timestamp()), "fields": fields}
    context = {
        "profileId": data.profile_id,
        "fields": [*data.fields],
        "source": data.source or None,
    }
    thread = f"profile:{data.profile_id}"
    return [
        Record("profile", data.profile_id, profile),
        Notify(Audience.RECRUITERS, event.type, context, thread, opt_in=True),
    ]
