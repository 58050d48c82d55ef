"""The names by which public guides call events and their fields, and our one name for each.

No official payload is public, and the guides that are contradict each other: they say
`candidate.enriched` or `enrichment.complete` for `profile.enriched`, and `export_id` for `exportId`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.model.nouns import Event

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
"""By canonical type. Of two spellings in one event the canonical one counts, then the first; one that
is `null` says nothing, and counts only where the others are, too."""

PROFILE_ID = "profileId"
PROFILE_IDS = frozenset(
    {PROFILE_ID, *(name for name, ours in FIELDS["profile.enriched"].items() if ours == PROFILE_ID)}
)
"""Every name under which an event of any type may say whom it is about."""


def canonical_event(
    event_id: str,
    received_type: str,
    timestamp: datetime,
    data: Mapping[str, Any],
    *,
    test: bool = False,
) -> Event:
    """The event in the names that handlers know; a type that none knows stays as it was received."""
    known_as = TYPES.get(received_type, received_type)
    return Event(
        id=event_id,
        type=known_as,
        timestamp=timestamp,
        data=_canonical_data(known_as, data),
        received_type=received_type if received_type != known_as else "",
        test=test,
    )


def _canonical_data(event_type: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    names = FIELDS.get(event_type, {})
    if names.keys().isdisjoint(data):
        return data
    renamed: dict[str, Any] = {}
    for name, value in data.items():
        ours = names.get(name, name)
        if renamed.get(ours) is None and (ours == name or data.get(ours) is None):
            renamed[ours] = value
    return renamed
