"""The quota runs out: operators hear of it above a limit of their own, and it is kept either way."""

from datetime import timedelta
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from bot.model import (
    Amount,
    Audience,
    Event,
    Extra,
    Intent,
    Moment,
    Notify,
    Payload,
    Policy,
    Record,
)

TYPE = "quota.warning"

SAMPLE = {"usage": 8400, "limit": 10000, "resetDate": timedelta(days=12)}


class Data(Payload):
    usage: Amount
    limit: Annotated[Amount, Field(gt=0)]
    reset_date: Extra[Moment] = None


def handle(event: Event, data: Data, policy: Policy) -> list[Intent]:
    quota = {
        "usage": _plain(data.usage),
        "limit": _plain(data.limit),
        "resetDate": int(data.reset_date.timestamp()) if data.reset_date else None,
    }
    kept = Record("quota", "latest", quota)
    if not _above(data, policy.quota_alert_percent):
        return [kept]
    period = f"{data.reset_date:%Y-%m-%d}" if data.reset_date else f"{event.timestamp:%Y-%m}"
    return [kept, Notify(Audience.OPERATORS, TYPE, quota, thread=f"quota:{period}")]


def _above(data: Data, percent: float) -> bool:
    """Strictly above, to the last decimal that was sent: binary fractions know no exact 80 %."""
    usage, limit, share = (Fraction(str(n)) for n in (data.usage, data.limit, percent))
    return usage * 100 > share * limit


def _plain(amount: float) -> int | float:
    return int(amount) if amount.is_integer() else amount
