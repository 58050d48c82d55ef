"""A profile has new details: they are kept, and told to those alone who subscribed."""

from typing import Annotated

from pydantic import BeforeValidator, JsonValue

from bot.model import Audience, Event, Extra, Id, Intent, Notify, Payload, Policy, Record, Text

TYPE = "profile.enriched"

SAMPLE = {
    "profileId": "prof_2x9d4w",
    "fields": ["email", "phone", "currentCompany"],
    "source": "linkedin",
}


def _names_or_object(value: object) -> object:
    named = isinstance(value, list) and all(isinstance(name, str) for name in value)
    if not named and not isinstance(value, dict):
        raise ValueError("must be a list of names or an object")
    return value


class Data(Payload):
    profile_id: Id
    fields: Annotated[list[str] | dict[str, JsonValue], BeforeValidator(_names_or_object)]
    source: Extra[Text] = None


def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    enriched_at = int(event.timestamp.timestamp())
    kept: JsonValue = [*data.fields] if isinstance(data.fields, list) else data.fields
    context = {
        "profileId": data.profile_id,
        "fields": [*data.fields],
        "source": data.source or None,
    }
    return [
        Record("profile", data.profile_id, {"enrichedAt": enriched_at, "fields": kept}),
        Notify(
            Audience.RECRUITERS,
            TYPE,
            context,
            thread=f"profile:{data.profile_id}",
            opt_in=True,
        ),
    ]
