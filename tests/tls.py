"""A self-signed certificate, and TLS in front of a server that does not speak it."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.http_proxy import copy


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


def make_certificate(folder: Path) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    path, key = folder / "server.pem", folder / "server.key"
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


@asynccontextmanager
async def behind_tls(port: int, certificate: Certificate) -> AsyncIterator[int]:
    """A port that speaks TLS, and passes on to another one what it decrypts."""

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, outer), copy(inner, writer))

    server = await asyncio.start_server(passed_on, "127.0.0.1", 0, ssl=certificate.server)
    yield server.sockets[0].getsockname()[1]
    server.close()
