"""The events of each public guide, on real processes: accepted, rendered, delivered once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from bot.clock import utc_now
from bot.intake.signature import sign
from bot.model import Delivery, EventState
from bot.registry import load_registry
from tests.event_fixtures import FIXTURES
from tests.faults.deployment import WEBHOOK, Deployment, Web
from tests.faults.tally import Tally
from tests.standard_webhooks import sign_standard

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Sign = Callable[[bytes, str], Mapping[str, str]]

SEARCH = "Search completed with 1,204 results"
EXPORT = "Export ready: 1,204 records. "
NO_COUNT = "Export ready. Download it from the message."
KEY = "Juicebox API key rotated"
HANDLED, UNHANDLED = EventState.HANDLED, EventState.UNHANDLED


@dataclass(frozen=True)
class Expected:
    """The outcome of a fixture: canonical type, state, and message."""

    type: str
    state: EventState = HANDLED
    text: str = ""
    """How the message begins; empty if there is none."""


GUIDES: Mapping[str, Mapping[str, Expected]] = {
    "a": {
        "evt_srch_0001": Expected("search.completed", text=SEARCH),
        "evt_exp_0001": Expected("export.ready", text=NO_COUNT),
        "evt_quota_0001": Expected(
            "quota.warning", text="Juicebox quota at 84.0%: 8,400 of 10,000 used"
        ),
        "evt_key_0001": Expected("key.rotated", text=KEY),
        "evt_prof_0001": Expected("profile.enriched"),
    },
    "b": {
        "evt_b_1": Expected("profile.enriched"),
        "evt_b_2": Expected("search.completed", text=f"{SEARCH}: “senior engineer in Berlin”"),
        "evt_b_3": Expected("export.ready", text=EXPORT),
        "evt_b_4": Expected("agent.match", UNHANDLED),
    },
    "c": {
        "evt_c_1": Expected("profile.enriched"),
        "evt_c_2": Expected("outreach.replied", UNHANDLED),
        "evt_c_3": Expected("search.alert", UNHANDLED),
    },
    "d": {
        "evt_d_1": Expected("search.completed", text=f"{SEARCH}: “senior engineer in Berlin”"),
        "evt_d_2": Expected("export.ready", text=NO_COUNT),
        "evt_d_3": Expected(
            "quota.warning", text="Juicebox quota at 84.2%, 15.8% left, resets on 1 Feb 2026"
        ),
        "evt_d_4": Expected("dataset.updated", UNHANDLED),
        "evt_d_5": Expected("search.alert", UNHANDLED),
    },
    "standard_webhooks": {
        "msg_search.completed": Expected("search.completed", text=SEARCH),
        "msg_quota.warning": Expected(
            "quota.warning", text="Juicebox quota at 84.0%: 8,400 of 10,000 used"
        ),
        "7201": Expected("key.rotated", text=KEY),
    },
}


def hexadecimal(body: bytes, name: str) -> Mapping[str, str]:
    """As in guides A and C."""
    return {"x-juicebox-signature": sign(body, SECRET.encode())}


def bare(body: bytes, name: str) -> Mapping[str, str]:
    """As in guides B and D."""
    value = sign(body, SECRET.encode()).removeprefix("sha256=")
    return {"x-juicebox-signature": value}


def standard(body: bytes, name: str) -> Mapping[str, str]:
    return sign_standard(body, SECRET.encode(), f"msg_{name}", utc_now())


SIGNED: Mapping[str, Sign] = {
    "a": hexadecimal,
    "b": bare,
    "c": hexadecimal,
    "d": bare,
    "standard_webhooks": standard,
}


def fixtures_of(guide: str) -> Mapping[str, bytes]:
    """Return the fixtures by file name."""
    if guide == "a":
        return {name: (FIXTURES / f"{name}.json").read_bytes() for name in load_registry().types}
    return {path.stem: path.read_bytes() for path in (FIXTURES / "guides" / guide).iterdir()}


async def send(web: Web, body: bytes, signature: Mapping[str, str]) -> None:
    """Post the exact body twice, as after a lost response."""
    headers = {"content-type": "application/json", **signature}
    for _ in range(2):
        answer = await web.client.post(WEBHOOK, content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"received": True}), body


@pytest.mark.parametrize("guide", GUIDES)
async def test_every_event_of_a_guide_is_understood_and_delivered_once(
    deployment: Deployment, guide: str
) -> None:
    expected = GUIDES[guide]
    kept = {"RETENTION_DAYS": "3650", "JUICEBOX_WEBHOOK_SECRET": SECRET}
    async with deployment.web(**kept) as web, deployment.worker(**kept):
        for name, body in fixtures_of(guide).items():
            await send(web, body, SIGNED[guide](body, name))
        await deployment.settled([*expected])
        await Tally().audit(deployment, expected)
    for event_id, outcome in expected.items():
        stored = await deployment.store.events.get(event_id)
        assert stored is not None
        assert (stored.event.type, stored.state) == (outcome.type, outcome.state), event_id
        told = arrived(deployment, stored.deliveries)
        assert told == ({"slack": 1, "email": 1} if outcome.text else {}), event_id
        assert outcome.text in texts(deployment), event_id


def arrived(deployment: Deployment, deliveries: Sequence[Delivery]) -> Mapping[str, int]:
    """Return how many messages arrived for these deliveries, by transport."""
    ids = {delivery.id for delivery in deliveries}
    posts = [post for post in deployment.slack.posts if post.delivery_id in ids]
    mails = [mail for mail in deployment.inbox.mails if mail.delivery_id in ids]
    return +Counter({"slack": len(posts), "email": len(mails)})


def texts(deployment: Deployment) -> str:
    return "\n".join(post.text for post in deployment.slack.posts)


def test_every_fixture_of_the_guides_is_expected() -> None:
    folders = {path.name for path in (FIXTURES / "guides").iterdir()}
    assert {"a", *folders} == {*GUIDES} == {*SIGNED}
    for guide, events in GUIDES.items():
        assert len(fixtures_of(guide)) == len(events)
