"""The quota runs low: it is recorded, and operators are told if usage is above the alert threshold."""

from datetime import timedelta

from bot.model import (
    QUOTA_RECORD,
    SEVERITIES,
    Audience,
    Event,
    Intent,
    Notify,
    Policy,
    Quota,
    Record,
    handles,
)


@handles(
    "quota.warning",
    alias="quota",
    data=Quota,
    sample={"usage": 8400, "limit": 10000, "resetDate": timedelta(days=12)},
)
def handle(event: Event, data: Quota, policy: Policy) -> list[Intent]:
    quota = data.fields
    record = Record(*QUOTA_RECORD, quota)
    if not data.is_above(policy.quota_alert_percent):
        return [record]
    period = f"{data.reset_date:%Y-%m-%d}" if data.reset_date else f"{event.timestamp:%Y-%m}"
    context = {**quota, "severity": data.severity}
    notify = Notify(
        Audience.OPERATORS,
        event.type,
        context,
        thread=f"quota:{period}",
        urgent=data.severity == SEVERITIES[0],
    )
    return [record, notify]
