"""HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply to all outgoing requests."""

import asyncio

import pytest

from bot.commands import CommandError
from bot.commands.http import post
from bot.errors import SettingsError
from bot.fakes.redis_server import free_port
from bot.fakes.slack.api import LocalSlack
from bot.http.proxies import proxy_for
from bot.store import Store
from bot.transports.slack.client import slack_client
from bot.web import build_slack
from tests.app import MakeSettings
from tests.doctor.findings import found
from tests.http_proxy import HttpProxy

SLACK = "https://slack.com/api/"


pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, SLACK, None),
        ({"HTTPS_PROXY": "http://p:3128"}, SLACK, "http://p:3128"),
        ({"https_proxy": "http://p:3128"}, SLACK, "http://p:3128"),
        ({"HTTPS_PROXY": "http://b", "https_proxy": "http://a"}, SLACK, "http://a"),
        ({"HTTPS_PROXY": "p:3128"}, SLACK, "http://p:3128"),
        ({"HTTPS_PROXY": "https://u:p@p"}, SLACK, "https://u:p@p"),
        ({"HTTPS_PROXY": " "}, SLACK, None),
        ({"HTTP_PROXY": "http://p"}, SLACK, None),
        ({"HTTP_PROXY": "http://p"}, "http://bot.example.com/", "http://p"),
        ({"HTTPS_PROXY": "http://p"}, "http://bot.example.com/", None),
        ({"HTTPS_PROXY": "http://p"}, "wss://wss-primary.slack.com/link", "http://p"),
        ({"HTTP_PROXY": "http://p"}, "ws://bot.example.com/link", "http://p"),
        ({"ALL_PROXY": "socks5://p"}, SLACK, None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "slack.com"}, SLACK, None),
        ({"HTTPS_PROXY": "http://p", "no_proxy": ".slack.com"}, "https://wss.slack.com", None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "example.com, slack.com"}, SLACK, None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, SLACK, None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "lack.com"}, SLACK, "http://p"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "slack.com:443"}, SLACK, "http://p"),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "127.0.0.1"}, "http://127.0.0.1:8/api/", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "127.0.0.1:8"}, "http://127.0.0.1:8/", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "127.0.0.1:9"}, "http://127.0.0.1:8/", "http://p"),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "x,10.0.0.0/8"}, "http://10.1.2.3/", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"}, "http://11.1.2.3/", "http://p"),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "fd00::/8"}, "http://[fd00::1]:8000/", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "::1"}, "http://[::1]:8000/", None),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"}, "http://bot/", "http://p"),
    ],
)
def test_the_environment_selects_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, expected: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == expected


def test_an_unsupported_scheme_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:secret@proxy:1080")
    with pytest.raises(SettingsError) as error:
        slack_client("xoxb-token", SLACK)
    assert str(error.value) == ("HTTPS_PROXY must begin with http:// or https://, got 'socks5'")


async def test_a_slack_on_this_machine_is_called_directly(
    slack_api: LocalSlack, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    findings = await found(make_settings(SLACK_API_URL=slack_api.url))
    assert findings["SLACK_BOT_TOKEN"].text == "juicebox in Juicebox demo"
    url = f"{slack_api.url}api.test"
    assert (await asyncio.to_thread(post, url, b"{}", {}))[0] == 200


async def test_doctor_and_the_slack_app_use_the_proxy(
    slack_api: LocalSlack,
    proxy: HttpProxy,
    make_settings: MakeSettings,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    settings = make_settings(SLACK_API_URL=slack_api.url)
    await found(settings)
    assert f"POST {slack_api.url}auth.test" in proxy.requests
    endpoints = build_slack(settings, store)
    assert endpoints is not None
    assert endpoints.endpoint._app.client.proxy == proxy.url


async def test_the_commands_use_the_proxy(
    slack_api: LocalSlack, proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    url = f"{slack_api.url}api.test"
    assert (await asyncio.to_thread(post, url, b"{}", {}))[0] == 200
    proxy.refuses = True
    with pytest.raises(CommandError, match=r"bot.example.com:?\d*: the proxy answers 403"):
        await asyncio.to_thread(post, "https://bot.example.com/", b"{}", {})
    assert proxy.requests == [f"POST {url}", "CONNECT bot.example.com:443"]


async def test_an_unreachable_proxy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(
        CommandError, match="the proxy of HTTPS_PROXY or HTTP_PROXY: the connection is ref"
    ):
        await asyncio.to_thread(post, "https://bot.example.com/", b"{}", {})


@pytest.mark.parametrize(
    "address",
    ["http://[::", "http://u:s3cret@[::1", "http://u:s3cret@h:99999", "u:s3cret", "http://", ":0"],
)
def test_an_invalid_address_is_reported_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(SettingsError) as raised:
        proxy_for("https://slack.com/api/")
    expected = "HTTPS_PROXY must be an address such as http://proxy.example.com:3128"
    assert str(raised.value) == expected
