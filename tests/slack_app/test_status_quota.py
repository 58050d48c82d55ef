"""The quota in `/juicebox status`: the stored record is not trusted."""

from typing import Any

import pytest

from bot.model import Record
from bot.store import Store
from tests.slack_app.conftest import AskText
from tests.stored_events import accept, keep


async def keep_quota(store: Store, fields: dict[str, Any]) -> None:
    await accept(store)
    await keep(store, Record("quota", "latest", fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"usage": 1},
        {"usage": "1", "limit": 2},
        {"usage": True, "limit": 2},
        {"usage": 1, "limit": 0},
        {"usage": -1, "limit": 2},
        {"usage": float("inf"), "limit": 2},
        {"usage": float("nan"), "limit": 2},
        {"usage": 1, "limit": "<!channel>"},
        {"usage": 1, "limit": 1e-320},
        {"usage": 10**400, "limit": 2},
        {"usage": 1, "limit": 10**400},
        {"usage": None, "limit": None},
        {"usagePercent": "84"},
        {"usagePercent": True},
        {"usagePercent": 10**400},
        {"usagePercent": float("inf")},
        {"limit": None},
    ],
)
async def test_an_implausible_quota_is_left_out(
    ask_text: AskText, store: Store, fields: dict[str, Any]
) -> None:
    await keep_quota(store, fields)
    assert "Quota" not in await ask_text("status")


@pytest.mark.parametrize("reset", [None, "2026-02-01", -1, 10**15])
async def test_an_unreadable_reset_date_is_left_out(
    ask_text: AskText, store: Store, reset: Any
) -> None:
    fields = {"usage": 1.5, "limit": 2, "resetDate": reset}
    await keep_quota(store, fields)
    answer = await ask_text("status")
    assert "*Quota* `▰▰▰▰▰▰▰▱▱▱` 75.0% · 1.5 of 2\n" in answer


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"usagePercent": 84.2}, "`▰▰▰▰▰▰▰▰▱▱` 84.2%"),
        ({"usagePercent": 99.98, "planTier": "Pro"}, "`▰▰▰▰▰▰▰▰▰▱` 99.9% · `Pro`"),
        (
            {"usagePercent": 100, "resetDate": 1769904000, "planTier": "<!here>"},
            "`▰▰▰▰▰▰▰▰▰▰` 100.0% · resets 1 Feb 2026 · `&lt;!here&gt;`",
        ),
        ({"usage": 9, "limit": 10, "planTier": 7}, "`▰▰▰▰▰▰▰▰▰▱` 90.0% · 9 of 10"),
        ({"usage": 9, "limit": 10, "usagePercent": "x"}, "`▰▰▰▰▰▰▰▰▰▱` 90.0% · 9 of 10"),
        ({"usage": 8400, "limit": None}, "8,400 used, no limit"),
    ],
)
async def test_a_quota_is_shown_as_it_was_sent(
    ask_text: AskText, store: Store, fields: dict[str, Any], shown: str
) -> None:
    await keep_quota(store, fields)
    assert f"*Quota* {shown}\n" in await ask_text("status")
