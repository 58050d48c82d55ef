"""Messages to Slack go through the proxy of the environment."""

import pytest

from bot.fakes.slack.api import LocalSlack
from bot.transports.slack.client import slack_client
from bot.transports.slack.sender import SlackSender
from tests.http_proxy import HttpProxy
from tests.tls import Certificate, behind_tls
from tests.transports.conftest import MakeMessage
from tests.transports.slack.conftest import TOKEN, check_lease, failure

pytestmark = pytest.mark.usefixtures("no_proxies")


async def test_a_message_goes_through_the_https_proxy(
    *,
    slack_api: LocalSlack,
    proxy: HttpProxy,
    certificate: Certificate,
    make_message: MakeMessage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
    async with behind_tls(slack_api.port, certificate) as port:
        client = slack_client(TOKEN, f"https://127.0.0.1:{port}/api/")
        client.ssl = certificate.client
        sender = SlackSender(client)
        await sender.send(make_message("C0RECRUIT"), check_lease)
        await sender.close()
    assert proxy.requests == [f"CONNECT 127.0.0.1:{port}"]
    assert proxy.authorizations == ["Basic dXNlcjpzZWNyZXQ="]
    assert len(slack_api.posts) == 1


async def test_a_proxy_that_refuses_has_posted_nothing(
    proxy: HttpProxy,
    make_message: MakeMessage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy.refuses = True
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    sender = SlackSender(slack_client(TOKEN, "https://slack.com/api/"))
    error = await failure(sender, make_message("C0RECRUIT"))
    await sender.close()
    assert proxy.requests == ["CONNECT slack.com:443"]
    assert (error.retry, error.maybe_delivered) == (True, False)
