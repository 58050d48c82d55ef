"""The quota: `usage` and `limit`, or a percentage."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from pydantic import JsonValue, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from bot.model.payload import Amount, Moment, OptionalField, Payload, Text

LEAST_LIMIT = 0.001
"""The smallest limit above 0: the smallest number that a message can show."""
QUOTA_RECORD = ("quota", "latest")
"""The kind and the id of the record that the latest quota is kept under."""
SEVERITIES = (100, 95, 90, 80)
"""The percentages from which a quota is more severe."""
_UNLIMITED = "unlimited"


def _limit_or_none(value: object, validate: ValidatorFunctionWrapHandler) -> float | None:
    """Return the limit, or None for an unlimited plan: `null`, -1 or "unlimited"."""
    if value in (None, -1, "-1") or _is_unlimited(value):
        return None
    limit: float = validate(value)
    if 0 < limit < LEAST_LIMIT:
        raise ValueError(f"must be 0 or at least {LEAST_LIMIT}")
    return limit


class Quota(Payload):
    """The data of `quota.warning`.

    `usage_percent` is None if `usage` and `limit` are given, because they are more precise.
    """

    usage: Amount | None
    limit: Annotated[Amount | None, WrapValidator(_limit_or_none)]
    usage_percent: Amount | None = None
    reset_date: OptionalField[Moment] = None
    plan_tier: OptionalField[Text] = None

    @model_validator(mode="before")
    @classmethod
    def _allow_percentage_only(cls, data: Any) -> Any:
        """Allow `usage` and `limit` to be absent if there is a percentage or the plan is unlimited."""
        if not isinstance(data, Mapping):
            return data
        given = {n: value for n, value in data.items() if n != "usage" or value is not None}
        if "usage" in given and given.get("limit") is not None:
            given.pop("usagePercent", None)
        elif given.get("usagePercent") is not None or _is_unlimited(given.get("planTier")):
            given = {"usage": None, "limit": None, **given}
        return given

    @property
    def share(self) -> tuple[float, float] | None:
        """The used part and the whole; None if there is no limit or the limit is 0."""
        if self.limit is None and (self.usage_percent is None or _is_unlimited(self.plan_tier)):
            return None
        if self.limit == 0:
            return None
        if self.usage_percent is not None:
            return self.usage_percent, 100
        return (self.usage, self.limit) if self.usage is not None and self.limit else None

    def is_above(self, percent: float) -> bool:
        """Return whether more than `percent` is used."""
        used = self._percentage
        return used is not None and used > Fraction(str(percent))

    @property
    def severity(self) -> int:
        """The highest of `SEVERITIES` that is reached; 0 below all of them."""
        used = self._percentage or 0
        return next((percent for percent in SEVERITIES if used >= percent), 0)

    @property
    def _percentage(self) -> Fraction | None:
        """The used percentage, in exact decimals instead of binary fractions."""
        if self.share is None:
            return None
        part, whole = (Fraction(str(n)) for n in self.share)
        return part * 100 / whole

    @property
    def fields(self) -> dict[str, JsonValue]:
        """The fields to record and show, without any that were not sent."""
        if self.usage_percent is not None:
            fields: dict[str, JsonValue] = {"usagePercent": _int_if_whole(self.usage_percent)}
        else:
            fields = {"usage": _int_if_whole(self.usage), "limit": _int_if_whole(self.limit)}
        fields["resetDate"] = int(self.reset_date.timestamp()) if self.reset_date else None
        return {**fields, "planTier": self.plan_tier} if self.plan_tier else fields


def _is_unlimited(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() == _UNLIMITED


def _int_if_whole(amount: float | None) -> int | float | None:
    return int(amount) if amount is not None and amount.is_integer() else amount
