"""The quota runs out: operators hear of it above a limit of their own, and it is kept either way."""

from datetime import timedelta

from bot.model import Audience, Event, Intent, Notify, Policy, Quota, Record

TYPE = "quota.warning"

SAMPLE = {"usage": 8400, "limit": 10000, "resetDate": timedelta(days=12)}

Data = Quota


def handle(event: Event, data: Quota, policy: Policy) -> list[Intent]:
    quota = data.fields
    kept = Record("quota", "latest", quota)
    if not data.is_above(policy.quota_alert_percent):
        return [kept]
    period = f"{data.reset_date:%Y-%m-%d}" if data.reset_date else f"{event.timestamp:%Y-%m}"
    return [kept, Notify(Audience.OPERATORS, TYPE, quota, thread=f"quota:{period}")]
