"""How much of the quota is used: as `usage` and `limit`, or in per cent."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import JsonValue, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from bot.model.payload import Amount, Extra, Moment, Payload, Text

LEAST_LIMIT = 0.001
"""The least that a limit can be, besides 0: the smallest number that a message shows."""
_UNLIMITED = "unlimited"


def _limit_or_none(value: object, validate: ValidatorFunctionWrapHandler) -> float | None:
    """None for a plan without a limit, which APIs write as `null`, as -1 or as "unlimited"."""
    if value in (None, -1, "-1") or _says_unlimited(value):
        return None
    limit: float = validate(value)
    if 0 < limit < LEAST_LIMIT:
        raise ValueError(f"must be 0 or at least {LEAST_LIMIT}")
    return limit


class Quota(Payload):
    """The quota as `quota.warning` has it.

    `usage_percent` is None where there are amounts: they are more precise, and they count.
    """

    usage: Amount | None
    limit: Annotated[Amount | None, WrapValidator(_limit_or_none)]
    usage_percent: Amount | None = None
    reset_date: Extra[Moment] = None
    plan_tier: Extra[Text] = None

    @model_validator(mode="before")
    @classmethod
    def _require_amounts_or_per_cent(cls, data: Any) -> Any:
        """Let `usage` and `limit` be absent only where per cent, or the plan, says enough."""
        if not isinstance(data, Mapping):
            return data
        given = {n: value for n, value in data.items() if n != "usage" or value is not None}
        if "usage" in given and given.get("limit") is not None:
            given.pop("usagePercent", None)
        elif given.get("usagePercent") is not None or _says_unlimited(given.get("planTier")):
            given = {"usage": None, "limit": None, **given}
        return given

    @property
    def share(self) -> tuple[float, float] | None:
        """What is used, and of how much. None where there is no limit, or a limit of 0."""
        if self.limit is None and (self.usage_percent is None or _says_unlimited(self.plan_tier)):
            return None
        if self.limit == 0:
            return None
        if self.usage_percent is not None:
            return self.usage_percent, 100
        return (self.usage, self.limit) if self.usage is not None and self.limit else None

    def is_above(self, percent: float) -> bool:
        """Strictly above, to the last decimal that was sent: binary fractions know no exact 80 %."""
        if self.share is None:
            return False
        part, whole, threshold = (Fraction(str(n)) for n in (*self.share, percent))
        return part * 100 > threshold * whole

    @property
    def fields(self) -> dict[str, JsonValue]:
        """What is kept and shown, and nothing that was not sent."""
        if self.usage_percent is not None:
            fields: dict[str, JsonValue] = {"usagePercent": _plain(self.usage_percent)}
        else:
            fields = {"usage": _plain(self.usage), "limit": _plain(self.limit)}
        fields["resetDate"] = int(self.reset_date.timestamp()) if self.reset_date else None
        return {**fields, "planTier": self.plan_tier} if self.plan_tier else fields


def _says_unlimited(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() == _UNLIMITED


def _plain(amount: float | None) -> int | float | None:
    return int(amount) if amount is not None and amount.is_integer() else amount
