"""The playground's endpoints refuse invalid requests and requests from other sites' pages."""

from datetime import UTC, datetime

import pytest

from tests.running_playground import Visitor, states


@pytest.mark.parametrize(
    ("path", "what", "status", "message"),
    [
        ("/send", {}, 400, "the body: Value error, give either what or body"),
        ("/send", {"what": "nonsense"}, 409, "there is no sample 'nonsense'"),
        ("/send", {"what": "burst", "more": 1}, 400, "more: Extra inputs are not permitted"),
        (
            "/failures",
            {"slack": {"fault": "fire"}},
            409,
            "there is no fault 'fire': there are none, 429",
        ),
        ("/failures", {"redis": "killed"}, 400, "redis: Input should be 'running' or 'stopped'"),
        (
            "/slack/say",
            {"channel": "C0NOWHERE", "text": "hi"},
            409,
            "there is no channel C0NOWHERE",
        ),
        (
            "/slack/press",
            {"channel": "C0RECRUIT", "ts": "1.0", "block_id": "b0", "action_id": "a"},
            409,
            "there is no message 1.0 in C0RECRUIT",
        ),
        ("/slack/submit", {"values": {}}, 409, "there is no modal"),
        ("/slack/submit", {"values": {"b": 7}}, 400, "values.b: Input should be"),
        ("/retry", {"id": "evt_none"}, 409, "there is no event or delivery evt_none"),
    ],
)
async def test_an_invalid_request_is_refused_with_a_sentence(
    visitor: Visitor, path: str, what: dict[str, object], status: int, message: str
) -> None:
    code, error = await visitor.refused(path, **what)
    assert code == status
    assert error.startswith(message)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "playground.example"}, 403),
        ({"Host": "[x"}, 403),
        ({"Origin": "http://[x"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_requests_from_other_sites_are_refused(
    visitor: Visitor, headers: dict[str, str], status: int
) -> None:
    given = {"Content-Type": "application/json", **headers}
    response = await visitor.http.post("/send", content=b'{"what": "burst"}', headers=given)
    assert response.status_code == status


async def test_the_page_loads_nothing_from_other_sites(visitor: Visitor) -> None:
    page = await visitor.http.get("/")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_the_samples_have_current_times(visitor: Visitor) -> None:
    samples = {s["type"]: s["data"] for s in (await visitor.now("hello"))["samples"]}
    expires_at = datetime.fromisoformat(samples["export.ready"]["expiresAt"])
    assert expires_at > datetime.now(UTC)


async def test_a_reconnecting_page_gets_only_what_it_missed(visitor: Visitor) -> None:
    before = await visitor.send("search.completed")
    await visitor.timeline(before, lambda timeline: states(timeline) == {"sent"})
    for kind in ("message", "mail"):
        await visitor.until(lambda r, kind=kind: (r["kind"], r.get("event_id")) == (kind, before))
    position = ""
    async with visitor.http.stream("GET", "/live") as live:
        async for line in live.aiter_lines():
            if line.startswith("id: "):
                position = line.removeprefix("id: ")
                break
    later = await visitor.send("search.completed")
    async for record in visitor.records(position):
        if record["kind"] != "hello":
            assert later in str(record)
            break
