"""Outgoing messages, and a certificate for mail servers."""

import shutil
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.model import Audience, Destination, Transport
from bot.model.outgoing import OutgoingMessage
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.factories import NOW

MakeMessage = Callable[..., OutgoingMessage[Any]]
OutgoingMail = OutgoingMessage[Mail]
OutgoingPost = OutgoingMessage[SlackMessage]


def content_for(transport: Transport, thread: str) -> SlackMessage | Mail:
    if transport is Transport.SLACK:
        text = {"type": "mrkdwn", "text": "*Found* 1,204 results"}
        return SlackMessage("Found 1,204 results", ({"type": "section", "text": text},))
    html = "<p>Found 1,204 results</p>"
    recruiters = str(Audience.RECRUITERS)
    return Mail("Found 1,204 results", "Found 1,204 results\n", html, recruiters, thread)


@pytest.fixture
def make_message() -> MakeMessage:
    """A message about a finished search, changed by keywords."""

    def make(
        address: str, transport: Transport = Transport.SLACK, *, thread: str = "", **changes: Any
    ) -> OutgoingMessage[Any]:
        values: dict[str, Any] = {
            "id": "dlv_0123456789abcdef01234567",
            "destination": Destination(transport, address),
            "content": content_for(transport, thread),
            "created_at": NOW,
        }
        return OutgoingMessage(**{**values, **changes})

    return make


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate of 127.0.0.1: how a server shows it, how a client trusts it."""

    path: Path

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    @property
    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.path))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key = path.with_suffix(".key")
    subprocess.run(  # noqa: S603 - a fixed command line
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + key.read_text())
    return Certificate(path)
