"""Other names for events and their fields, and the canonical name of each.

Juicebox publishes no official payloads, and public guides contradict each other: they have
`candidate.enriched` or `enrichment.complete` for `profile.enriched`, and `export_id` for `exportId`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.model.nouns import Destination, Event

TYPES: Mapping[str, str] = {
    "analysis.completed": "search.completed",
    "candidate.enriched": "profile.enriched",
    "enrichment.complete": "profile.enriched",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "search.completed": {
        "search_id": "searchId",
        "analysisId": "searchId",
        "analysis_id": "searchId",
        "result_count": "resultCount",
    },
    "profile.enriched": {
        "profile_id": "profileId",
        "candidateId": "profileId",
        "candidate_id": "profileId",
    },
    "export.ready": {
        "export_id": "exportId",
        "download_url": "downloadUrl",
        "record_count": "recordCount",
        "expires_at": "expiresAt",
    },
    "quota.warning": {
        "usage_percent": "usagePercent",
        "reset_date": "resetDate",
        "plan_tier": "planTier",
    },
    "key.rotated": {
        "new_key_prefix": "newKeyPrefix",
        "rotated_at": "rotatedAt",
    },
}
"""By canonical type. If an event has a field under several names, the canonical name wins, then the
first; `null` is used only if all of them are `null`."""


def spellings(field: str) -> frozenset[str]:
    """Return every name that a field has in any dialect, its canonical name included."""
    names = (name for fields in FIELDS.values() for name, known in fields.items() if known == field)
    return frozenset({field, *names})


def canonical_event(
    event_id: str,
    received_type: str,
    timestamp: datetime,
    data: Mapping[str, Any],
    *,
    test: bool = False,
    only: Destination | None = None,
) -> Event:
    """Return the event in canonical names; an event of an unknown type is left as received."""
    event_type = TYPES.get(received_type, received_type)
    return Event(
        id=event_id,
        type=event_type,
        timestamp=timestamp,
        data=_canonical_data(event_type, data),
        received_type=received_type if received_type != event_type else "",
        test=test,
        only=only,
    )


def _canonical_data(event_type: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    names = FIELDS.get(event_type, {})
    if names.keys().isdisjoint(data):
        return data
    renamed: dict[str, Any] = {}
    for name, value in data.items():
        canonical = names.get(name, name)
        if renamed.get(canonical) is None and (canonical == name or data.get(canonical) is None):
            renamed[canonical] = value
    return renamed
