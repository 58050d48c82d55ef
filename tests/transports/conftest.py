"""Deliveries to send, and a certificate for mail servers that speak TLS."""

import shutil
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.model import (
    Audience,
    Delivery,
    DeliveryState,
    Destination,
    Notification,
    Transport,
)
from bot.rendering.renderer import Renderer
from tests.factories import NOW

MakeDelivery = Callable[..., Delivery]


@pytest.fixture
def make_delivery() -> MakeDelivery:
    """A delivery of a finished search, changed by keywords."""

    def make(
        address: str, channel: Transport = Transport.SLACK, *, thread: str = "", **changes: Any
    ) -> Delivery:
        notification = Notification(
            event_id="evt_1",
            event_type="search.completed",
            occurred_at=NOW,
            audience=Audience.RECRUITERS,
            template="letter",
            context={"words": "1,204 results"},
            thread=thread,
        )
        values: dict[str, Any] = {
            "id": "dlv_0123456789abcdef01234567",
            "notification": notification,
            "destination": Destination(channel, address),
            "state": DeliveryState.SENDING,
            "created_at": NOW,
            "updated_at": NOW,
        }
        return Delivery(**{**values, **changes})

    return make


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A folder with one small template, `letter`."""
    folder = tmp_path / "templates" / "letter"
    folder.mkdir(parents=True)
    (folder / "slack.json.j2").write_text(
        '{"text": "Found {{ words }}", "blocks": [{"type": "section", "text":'
        ' {"type": "mrkdwn", "text": "*Found* {{ words }}"}}]}'
    )
    (folder / "subject.txt.j2").write_text("Found {{ words }}")
    (folder / "body.txt.j2").write_text("Found {{ words }}\n")
    (folder / "body.mjml.j2").write_text(
        "<mjml><mj-body><mj-text>Found {{ words }}</mj-text></mj-body></mjml>"
    )
    return folder.parent


@pytest.fixture
def renderer(templates: Path) -> Renderer:
    return Renderer(templates)


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
