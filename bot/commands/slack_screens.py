"""The screens of the Slack app, as it would show them now: for `doctor`, which has Slack check them."""

import json
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from starlette.requests import Request
from starlette.types import Message

from bot.http.proxies import proxy_for
from bot.settings import Settings
from bot.slack_app.endpoint import SlackEndpoint
from bot.transports.slack.template_checks import Example
from bot.web import build_slack
from bot.wiring import open_store

COMMANDS = {
    "help": "_slack/help",
    "help subscribe": "_slack/help",
    "status": "_slack/status",
    "subscriptions": "_slack/subscriptions",
    "exports": "_slack/exports",
    "failed": "_slack/failed",
    "no such command": "_slack/not_understood",
}
"""What is typed, which changes nothing, and the template of the answer."""
_HOME = "_slack/home"
_VIEWER = "USLACKBOT"
"""A user of every workspace. Bolt ignores what the bot itself does."""
_TIMEOUT = timedelta(seconds=2)
_READS = (".test", ".info", ".list", ".history", ".members")
"""The ends of the names of Slack's methods that change nothing."""


class _ReadingClient(AsyncWebClient):
    """A client that only reads from Slack. It keeps the views that it is to show, and posts nothing."""

    def __init__(self, token: str, api_url: str) -> None:
        timeout = int(_TIMEOUT.total_seconds())
        super().__init__(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])
        self.proxy = proxy_for(api_url)
        self.views: list[Mapping[str, Any]] = []

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        if api_method.endswith(_READS):
            return await super().api_call(api_method, **given)
        view = (given.get("json") or {}).get("view")
        if isinstance(view, Mapping):
            self.views.append(view)
        return AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url=api_method,
            req_args={},
            data={"ok": True},
            headers={},
            status_code=200,
        )


async def slack_screens(settings: Settings) -> list[Example]:
    """Return the answers to the commands, and the Home tab, as operators see them; none if Slack is off.

    They are made of what Redis holds, as in the web process. Nothing is shown or changed.

    Raises:
        slack_sdk.errors.SlackClientError, aiohttp.ClientError, OSError: if Slack cannot be asked who
            the bot is.
    """
    token, secret = settings.slack_bot_token, settings.slack_signing_secret
    if token is None or secret is None:
        return []
    client = _ReadingClient(token.get_secret_value(), str(settings.slack_api_url))
    store = open_store(settings, timeout=_TIMEOUT, script_timeout=_TIMEOUT)
    slack = build_slack(
        settings.model_copy(update={"slack_app_token": None, "slack_admins": (_VIEWER,)}),
        store,
        client,
    )
    if slack is None:
        return []
    who = (await client.auth_test()).data
    team = who.get("team_id", "") if isinstance(who, dict) else ""
    person = {"user_id": _VIEWER, "team_id": str(team)}
    app = _App(slack.endpoint, SignatureVerifier(secret.get_secret_value()), person)
    examples: list[Example] = []
    try:
        # What the app would log, for example that Redis does not answer, is the finding of another check.
        async with slack.running(), AsyncExitStack() as stack:
            stack.enter_context(redirect_stdout(StringIO()))
            for text, template in COMMANDS.items():
                answer = await app.type(text)
                if blocks := answer.get("blocks"):
                    examples.append(Example(template, "blocks", blocks))
            await app.open_home()
    finally:
        await store.close()
    return [*examples, *(Example(_HOME, "view", view) for view in client.views)]


class _App:
    """Sends requests to the app as Slack does."""

    def __init__(
        self, endpoint: SlackEndpoint, verifier: SignatureVerifier, person: Mapping[str, str]
    ) -> None:
        self._endpoint = endpoint
        self._verifier = verifier
        self._person = person

    async def type(self, text: str) -> Mapping[str, Any]:
        """Return the answer to `/juicebox <text>`, empty if there is none."""
        form = {"command": "/juicebox", "text": text, "channel_id": "D0DOCTOR", **self._person}
        body = await self._post(urlencode(form), "application/x-www-form-urlencoded")
        return body if isinstance(body, dict) else {}

    async def open_home(self) -> None:
        user, team = self._person["user_id"], self._person["team_id"]
        event = {"type": "app_home_opened", "user": user, "tab": "home", "channel": "D0DOCTOR"}
        payload = {"type": "event_callback", "team_id": team, "event": event}
        await self._post(json.dumps(payload), "application/json")

    async def _post(self, body: str, content_type: str) -> Any:
        timestamp = str(int(time.time()))
        signature = self._verifier.generate_signature(timestamp=timestamp, body=body) or ""
        headers = {
            "content-type": content_type,
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": signature,
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/slack/events",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body.encode(), "more_body": False}

        response = await self._endpoint.handle(Request(scope, receive))
        try:
            return json.loads(bytes(response.body))
        except ValueError:
            return {}
