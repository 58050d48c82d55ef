"""`/unsubscribe/…`: GET asks, POST acts."""

from datetime import UTC, datetime

import httpx
import pytest
import structlog
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.model.choices import mute, subscribe
from bot.model.subscription import Mute, Place, Subscription
from bot.store import Store
from bot.unsubscribe.links import Tokens
from tests.app import MakeSettings, web_client
from tests.unsubscribe.one_click import (
    ADDRESS,
    FORM,
    MULTIPART,
    MULTIPART_BODY,
    ONE_CLICK,
    PATH,
    TO,
    TOKEN,
    press,
)


async def test_get_changes_nothing_and_shows_a_button(
    client: httpx.AsyncClient, redis: Redis
) -> None:
    before = sorted(await redis.keys("*"))
    answer = await client.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.count("<button") == 1
    assert '<button name="List-Unsubscribe" value="One-Click">Unsubscribe</button>' in answer.text
    assert f"<strong>{ADDRESS}</strong>" in answer.text
    assert sorted(await redis.keys("*")) == before
    head = await client.head(PATH)
    assert (head.status_code, head.headers["content-type"]) == (200, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (ONE_CLICK, FORM),
        (ONE_CLICK, {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}),
        (MULTIPART_BODY, MULTIPART),
        (ONE_CLICK, {}),
    ],
)
async def test_post_unsubscribes_from_everything(
    client: httpx.AsyncClient, store: Store, body: bytes, headers: dict[str, str]
) -> None:
    answer = await client.post(PATH, content=body, headers=headers)
    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert "<code>/juicebox subscribe all email</code>" in answer.text
    assert await store.places.get(TO) == Place(unsubscribed=("*",))


async def test_an_own_subscription_ends_and_the_rest_stays(
    client: httpx.AsyncClient, store: Store
) -> None:
    now = datetime(2026, 1, 15, tzinfo=UTC)
    muted = Mute(now, None, "U1")
    rule = Subscription(("search.completed",), "U1", now)
    followed = Subscription(("*",), "U1", now, follows="export:exp_1")
    chosen = mute(subscribe(subscribe(Place(), rule), followed), muted, now)
    await store.places.edit(TO, lambda _: chosen, now)
    await press(client)
    assert await store.places.get(TO) == Place(unsubscribed=("*",), mutes=(muted,))
    every = Subscription(("*",), "U1", now)
    taken_back = await store.places.edit(TO, lambda place: subscribe(place, every), now)
    assert (taken_back.unsubscribed, taken_back.subscriptions) == ((), (every,))


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=Two-Clicks", b"{}"])
async def test_another_post_changes_nothing(
    client: httpx.AsyncClient, store: Store, body: bytes
) -> None:
    answer = await client.post(PATH, content=body, headers=FORM)
    assert (answer.status_code, "Nothing has changed" in answer.text) == (400, True)
    assert await store.places.all() == {}


async def test_a_large_body_is_refused(client: httpx.AsyncClient, store: Store) -> None:
    answer = await client.post(PATH, content=ONE_CLICK + b"x" * 20_000, headers=FORM)
    assert answer.status_code == 413
    assert await store.places.all() == {}


@pytest.mark.parametrize("token", ["x", TOKEN[:-1], TOKEN + "A", "%00", "a" * 2_000])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_bad_token_reveals_nothing(
    client: httpx.AsyncClient, store: Store, method: str, token: str
) -> None:
    answer = await client.request(method, f"/unsubscribe/{token}", content=ONE_CLICK, headers=FORM)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "example.com" not in answer.text
    if method != "HEAD":
        assert "This link does not work" in answer.text
    assert await store.places.all() == {}


async def test_a_token_of_the_previous_secret_works(
    make_settings: MakeSettings, redis: Redis, store: Store
) -> None:
    rotated = make_settings(
        JUICEBOX_WEBHOOK_SECRET="whsec_new", JUICEBOX_WEBHOOK_SECRET_PREVIOUS="whsec_current"
    )
    async with web_client(rotated) as client:
        assert (await press(client)).status_code == 200
    assert TO in await store.places.all()


async def test_pages_have_the_security_headers_and_a_policy_of_their_own(
    client: httpx.AsyncClient,
) -> None:
    for answer in (await client.get(PATH), await client.get("/unsubscribe/x"), await press(client)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        [policy] = answer.headers.get_list("content-security-policy")
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in policy
        assert "set-cookie" not in answer.headers


async def test_an_address_cannot_add_markup(client: httpx.AsyncClient) -> None:
    hostile = Tokens([b"whsec_current"]).sign("<img/src=x>'@example.com")
    assert "<img" not in (await client.get(f"/unsubscribe/{hostile}")).text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
async def test_other_methods_get_the_allowed_ones(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, PATH)
    assert answer.status_code == 405
    assert {*answer.headers["allow"].split(", ")} == {"GET", "HEAD", "POST"}


async def test_without_redis_the_page_is_shown_and_the_post_is_to_be_repeated(
    make_settings: MakeSettings,
) -> None:
    async with web_client(make_settings(REDIS_URL="redis://127.0.0.1:1/0")) as client:
        assert (await client.get(PATH)).status_code == 200
        answer = await press(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "You are still subscribed" in answer.text


async def test_no_address_is_logged(client: httpx.AsyncClient) -> None:
    structlog.reset_defaults()
    with capture_logs() as logs:
        await client.get(PATH)
        await press(client)
        await press(client)
    assert [line["event"] for line in logs if "unsubscribed" in line["event"]] == [
        "unsubscribed",
        "unsubscribed before",
    ]
    assert ADDRESS not in str(logs)
    assert TOKEN not in str(logs)
