"""The logs of the whole bot: they name each event, and contain nothing of its data."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from bot.fakes.faults import HttpFault, SmtpFault
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState
from bot.store import Store
from tests.app import envelope, signed
from tests.polling import HANG_TIMEOUT, until
from tests.processes import deliver, process
from tests.slack_app.traffic import signed as signed_by_slack
from tests.slack_app.traffic import slash_command
from tests.stored_events import deliveries_of

CANARIES = {
    "secret": "whsec-canary-1",
    "previous secret": "whsec-canary-2",
    "api key": "jb-canary-3",
    "token": "xoxb-canary-4",
    "signing secret": "signing-canary-5",
    "password": "password-canary-6",
    "recruiter": "recruiter-canary-7@example.com",
    "operator": "operator-canary-8@example.com",
    "query": "query-canary-9",
    "link": "https://exports.example.com/canary-10",
    "data": "data-canary-11",
    "header": "header-canary-12",
    "command": "command-canary-13",
}


@pytest.fixture
def canary_env(env: Mapping[str, str], inbox: Inbox, slack_api: LocalSlack) -> dict[str, str]:
    slack_api.token = CANARIES["token"]
    return {
        **env,
        "JUICEBOX_WEBHOOK_SECRET": CANARIES["secret"],
        "JUICEBOX_WEBHOOK_SECRET_PREVIOUS": CANARIES["previous secret"],
        "JUICEBOX_API_KEY": CANARIES["api key"],
        "SLACK_BOT_TOKEN": CANARIES["token"],
        "SLACK_SIGNING_SECRET": CANARIES["signing secret"],
        "EMAIL_TO": CANARIES["recruiter"],
        "EMAIL_ALERT_TO": CANARIES["operator"],
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "json",
    }


async def bad_and_good_requests(env: Mapping[str, str]) -> None:
    """Send a canary in every part of a request that a log could quote."""
    secret = CANARIES["secret"].encode()
    await deliver(env, b"not signed")
    url = f"http://127.0.0.1:{env['PORT']}"
    async with httpx.AsyncClient(base_url=url, timeout=HANG_TIMEOUT) as client:

        async def post(body: bytes) -> None:
            await client.post("/webhooks/juicebox", content=body, headers=signed(body, secret))

        await post(envelope("evt_sent", query=CANARIES["query"], searchId="s", resultCount=1))
        await post(envelope("evt_link", "export.ready", exportId="e", downloadUrl=CANARIES["link"]))
        await post(envelope("evt_dead", searchId="s", resultCount=CANARIES["data"]))
        await post(envelope("evt_none", "no.handler", anything=CANARIES["data"]))
        await post(b'{"id": "%s"}' % CANARIES["data"].encode())
        headers = {"x-juicebox-signature": CANARIES["header"]}
        await client.post("/webhooks/juicebox", content=CANARIES["data"], headers=headers)
        for text in ("status", CANARIES["command"]):
            body = slash_command(text)
            headers = signed_by_slack(body, secret=CANARIES["signing secret"])
            await client.post("/slack/events", content=body, headers=headers)
        await client.post("/slack/events", content=CANARIES["command"], headers=headers)


async def test_no_secret_address_or_payload_is_in_a_log(
    canary_env: dict[str, str],
    store: Store,
    slack_api: LocalSlack,
    inbox: Inbox,
    tmp_path: Path,
) -> None:
    slack_api.plan_faults(
        "chat.postMessage", [HttpFault.error(CANARIES["data"]), HttpFault.status(500)]
    )
    inbox.plan_faults("RCPT", [SmtpFault.reply_with(550, f"no {CANARIES['recruiter']}")])
    log = tmp_path / "log"
    with log.open("wb") as output:
        async with process("web", canary_env, output), process("worker", canary_env, output):
            await bad_and_good_requests(canary_env)

            async def all_done() -> bool:
                ended = {DeliveryState.SENT, DeliveryState.FAILED}
                found = [
                    await deliveries_of(store, e) for e in ("evt_sent", "evt_link", "evt_dead")
                ]
                return all(d and {x.state for x in d} <= ended for d in found)

            await until(all_done)
            await asyncio.gather(slack_api.wait_for(2), inbox.wait_for(2))
    written = log.read_text()
    logged = {name: canary for name, canary in CANARIES.items() if canary in written}
    assert logged == {}
    lines = [json.loads(line) for line in written.splitlines()]
    attempts = [line for line in lines if line["event"] == "attempt"]
    assert {"evt_sent", "evt_link", "evt_dead"} <= {line["event_id"] for line in attempts}
    assert all(line["delivery_id"].startswith("dlv_") for line in attempts)
    assert all(line["duration_ms"] >= 0 for line in attempts)
    assert [line["event_id"] for line in lines if line["event"] == "event accepted"] == [
        "evt_sent",
        "evt_link",
        "evt_dead",
        "evt_none",
    ]
