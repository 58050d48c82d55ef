"""Events as Juicebox sends them, from tests/fixtures, and the notifications about them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.delivery.notifications import notification_of
from bot.delivery.other_event import notify_of_other
from bot.delivery.unsubscribed import unsubscribed
from bot.intake.envelope import parse_envelope
from bot.model import Audience, Event, Intent, Notification, Notify, Policy
from bot.model.unsubscribed import UNSUBSCRIBED
from bot.registry import load_registry
from tests.factories import NOW, make_event

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
POLICY = Policy(quota_alert_percent=80, api_key="jb_live_3Bd9_and_the_rest_of_the_old_key")


def captured(name: str) -> Event:
    return parse_envelope((FIXTURES / f"{name}.json").read_bytes(), NOW)


def sent(event_type: str, data: dict[str, Any]) -> Event:
    return make_event("evt_1", event_type, data=data)


def intents_of(event: Event, policy: Policy = POLICY) -> list[Intent]:
    handler = load_registry().get(event.type)
    assert handler is not None
    return handler.run(event, policy)


def notifications_of(event: Event, policy: Policy = POLICY) -> list[Notification]:
    return [
        notification_of(event, intent)
        for intent in intents_of(event, policy)
        if isinstance(intent, Notify)
    ]


DEAD_DELIVERY = Notification(
    event_id="evt_srch_0001",
    event_type="search.completed",
    occurred_at=NOW,
    audience=Audience.OPERATORS,
    template="dead_letter",
    context={
        "subject_kind": "delivery",
        "subject_id": "dlv_8d3f0a91c2b7",
        "about": "search.completed",
        "destination": "slack:C0RECRUIT",
        "reason": "Slack says channel_not_found",
        "attempts": 1,
    },
)
DEAD_EVENT = replace(
    DEAD_DELIVERY,
    context={
        "subject_kind": "event",
        "subject_id": "evt_srch_0001",
        "about": "search.completed",
        "destination": "",
        "reason": "data.searchId is missing",
        "attempts": 0,
    },
)
ELSEWHERE = Policy(export_url_hosts=("files.example.com",))
SEARCH_PAGES = Policy(search_url_template="https://app.example.com/searches/{searchId}")
[UNLINKED] = notifications_of(captured("export.ready.full"), ELSEWHERE)
[SEARCH_LINKED] = notifications_of(captured("search.completed.full"), SEARCH_PAGES)
OTHER_EVENT = sent(
    "candidate.replied",
    {"candidateId": "cand_7k2m", "isFirst": True, "page": "https://evil.example/x", "more": []},
)
OTHER = notification_of(OTHER_EVENT, notify_of_other(OTHER_EVENT))
SUMMARY = replace(
    DEAD_DELIVERY,
    event_id="msg_1",
    audience=Audience.RECRUITERS,
    template="summary",
    context={
        "items": [
            {
                "headline": "Search completed: 1,204 candidates for “Rust engineers in Berlin”",
                "url": "https://app.example.com/searches/srch_8f3k2m",
            },
            {
                "headline": "Export ready: 9 records",
                "url": "https://exports.example.com/exp_1.csv",
            },
            {"headline": "Candidate replied <!channel> www.evil.example", "url": None},
        ],
        "leftOut": 2,
        "count": 5,
        "missedCount": 3,
        "missed": [["Search completed", 2], ["Export ready", 1]],
    },
)
MISSED = replace(SUMMARY, context={**SUMMARY.context, "items": [], "leftOut": 0, "count": 0})
PAUSED_PLACE = replace(
    DEAD_DELIVERY,
    template="paused_place",
    context={**DEAD_DELIVERY.context, "reason": "paused: the channel is archived"},
)
UNSUBSCRIBED_EVENT = sent(UNSUBSCRIBED, {"address": "team@example.com"})
[UNSUBSCRIBED_TOLD] = [
    notification_of(UNSUBSCRIBED_EVENT, intent)
    for intent in unsubscribed.run(UNSUBSCRIBED_EVENT, POLICY)
    if isinstance(intent, Notify)
]
TOLD = {
    **{name: notification for name in NAMES for notification in notifications_of(captured(name))},
    "export.ready.unlinked": UNLINKED,
    "search.completed.linked": SEARCH_LINKED,
    "other_event": OTHER,
    "summary": SUMMARY,
    "summary.missed": MISSED,
    "paused_place": PAUSED_PLACE,
    "dead_letter.delivery": DEAD_DELIVERY,
    "dead_letter.event": DEAD_EVENT,
    "unsubscribed": UNSUBSCRIBED_TOLD,
}
"""Every notification, by the name of its golden files."""
